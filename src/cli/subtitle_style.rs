//! The options about the look of lines that bring no style: a table, as mpv has many of them.

use std::error::Error;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::options::{number, yes_or_no};
use crate::subtitle::{Back, Justify, Rgba, Style};

/// An option, whose value changes a style.
struct StyleOption {
    name: &'static str,
    /// What older mpv calls it.
    older: Option<&'static str>,
    value: &'static str,
    default: &'static str,
    help: &'static str,
    set: fn(&mut Style, &str) -> Result<(), String>,
}

const fn option(
    name: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
    set: fn(&mut Style, &str) -> Result<(), String>,
) -> StyleOption {
    StyleOption { name, older: None, value, default, help, set }
}

const fn renamed(option: StyleOption, older: &'static str) -> StyleOption {
    StyleOption { older: Some(older), ..option }
}

/// All of them; lengths are in pixels of a picture 720 pixels high.
const OPTIONS: &[StyleOption] = &[
    option("sub-font", "FAMILY", "sans-serif", "The font of lines that bring no style", |style, text| {
        text.clone_into(&mut style.font);
        Ok(())
    }),
    option("sub-font-size", "SIZE", "38", "Its size, in pixels of a picture 720 pixels high", |style, text| {
        length(&mut style.size, text, 1.0, 400.0)
    }),
    option("sub-color", "COLOUR", "#ffffff", "The colour of such lines, #rrggbb or #aarrggbb", |style, text| {
        colour(text).map(|colour| style.colour = colour)
    }),
    renamed(
        option("sub-outline-color", "COLOUR", "#000000", "The colour around their letters", |style, text| {
            colour(text).map(|colour| style.border_colour = colour)
        }),
        "sub-border-color",
    ),
    renamed(
        option("sub-outline-size", "SIZE", "1.65", "How wide that is", |style, text| {
            length(&mut style.border, text, 0.0, 40.0)
        }),
        "sub-border-size",
    ),
    renamed(
        option("sub-back-color", "COLOUR", "#00000000", "The colour of their shadow, or of the box", |style, text| {
            colour(text).map(|colour| style.back_colour = colour)
        }),
        "sub-shadow-color",
    ),
    option(
        "sub-shadow-offset",
        "SIZE",
        "0",
        "How far the shadow is moved, or the box goes beyond the letters",
        |style, text| length(&mut style.shadow, text, 0.0, 40.0),
    ),
    option(
        "sub-border-style",
        "outline-and-shadow|opaque-box|background-box",
        "outline-and-shadow",
        "What is behind their letters",
        |style, text| {
            let of =
                [("outline-and-shadow", Back::Shadow), ("opaque-box", Back::OpaqueBox), ("background-box", Back::Box)];
            word(&mut style.back, text, &of)
        },
    ),
    option("sub-margin-x", "SIZE", "19", "How far they are from the sides", |style, text| {
        length_whole(&mut style.margin_side, text, 300)
    }),
    option("sub-margin-y", "SIZE", "34", "How far they are from the edge", |style, text| {
        length_whole(&mut style.margin, text, 600)
    }),
    option("sub-align-x", "left|center|right", "center", "At which side they stand", |style, text| {
        word(&mut style.align[0], text, &[("left", -1), ("center", 0), ("right", 1)])
    }),
    option("sub-align-y", "top|center|bottom", "bottom", "At which edge they stand", |style, text| {
        word(&mut style.align[1], text, &[("top", -1), ("center", 0), ("bottom", 1)])
    }),
    option(
        "sub-justify",
        "auto|left|center|right",
        "auto",
        "At which side the lines of one text meet",
        |style, text| {
            let of = [
                ("auto", Justify::Auto),
                ("left", Justify::Left),
                ("center", Justify::Centre),
                ("right", Justify::Right),
            ];
            word(&mut style.justify, text, &of)
        },
    ),
    option("sub-spacing", "SIZE", "0", "Their letters are so much farther apart", |style, text| {
        length(&mut style.spacing, text, -10.0, 10.0)
    }),
    option("sub-blur", "SIZE", "0", "How soft their letters are", |style, text| {
        length(&mut style.blur, text, 0.0, 20.0)
    }),
    option("sub-bold", "yes|no", "no", "Bold letters", |style, text| yes_or_no(text).map(|yes| style.bold = yes)),
    option("sub-italic", "yes|no", "no", "Italic letters", |style, text| yes_or_no(text).map(|yes| style.italic = yes)),
];

/// The style that they make.
#[derive(Debug, Clone)]
pub(super) struct StyleArguments(pub(super) Style);

impl Args for StyleArguments {
    fn augment_args(command: Command) -> Command {
        OPTIONS.iter().fold(command, |command, option| {
            let read = |text: &str| (option.set)(&mut Style::default(), text).map(|()| text.to_owned());
            let argument = Arg::new(option.name)
                .long(option.name)
                .aliases(option.older)
                .value_name(option.value)
                .default_value(option.default)
                .help(option.help)
                .allow_hyphen_values(option.default == "0")
                .value_parser(move |text: &str| read(text).map_err(Box::<dyn Error + Send + Sync>::from));
            command.arg(argument)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for StyleArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut style = Style::default();
        for option in OPTIONS {
            if let Some(text) = matches.get_one::<String>(option.name) {
                (option.set)(&mut style, text)
                    .map_err(|reason| clap::Error::raw(clap::error::ErrorKind::ValueValidation, reason))?;
            }
        }
        Ok(Self(style))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn length(field: &mut f64, text: &str, least: f64, most: f64) -> Result<(), String> {
    // It is checked as the other options are.
    number(text, least as f32..=most as f32, "it")?;
    *field = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    Ok(())
}

fn length_whole(field: &mut u32, text: &str, most: u32) -> Result<(), String> {
    let value = text.parse().ok().filter(|value| *value <= most);
    *field = value.ok_or_else(|| format!("'{text}' is no whole number from 0 to {most}"))?;
    Ok(())
}

fn word<T: Copy>(field: &mut T, text: &str, words: &[(&str, T)]) -> Result<(), String> {
    let names = || words.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = words.iter().find(|(name, _)| *name == text);
    *field = found.map(|(_, value)| *value).ok_or_else(|| format!("'{text}' is none of: {}", names()))?;
    Ok(())
}

fn colour(text: &str) -> Result<Rgba, String> {
    let wrong = || format!("'{text}' is no colour: #rrggbb, or #aarrggbb with its opacity");
    let digits = text.strip_prefix('#').filter(|digits| digits.is_ascii()).ok_or_else(wrong)?;
    let value = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
    let [alpha, red, green, blue] = value.to_be_bytes();
    match digits.len() {
        6 => Ok([red, green, blue, 255]),
        8 => Ok([red, green, blue, alpha]),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(words: &[&str]) -> Result<Style, clap::Error> {
        let command = super::super::spelling::with_values(StyleArguments::augment_args(Command::new("play")));
        let matches = command.try_get_matches_from([&["play"], words].concat())?;
        Ok(StyleArguments::from_arg_matches(&matches)?.0)
    }

    #[test]
    fn the_defaults_are_those_of_the_style() {
        assert_eq!(style(&[]).unwrap(), Style::default());
    }

    #[test]
    fn words_are_read_as_mpv_reads_them() {
        assert_eq!((colour("#102030"), colour("#40102030")), (Ok([16, 32, 48, 255]), Ok([16, 32, 48, 64])));
        assert!(["102030", "#12", "#1020301", "#ä02030"].iter().all(|wrong| colour(wrong).is_err()));
        let set = style(&[
            "--sub-border-color=#102030",
            "--sub-align-x=left",
            "--sub-align-y",
            "top",
            "--sub-bold",
            "--sub-italic=no",
            "--sub-spacing",
            "-2.5",
            "--sub-border-style=background-box",
            "--sub-margin-x=7",
        ]);
        let expected = Style {
            border_colour: [16, 32, 48, 255],
            align: [-1, -1],
            bold: true,
            spacing: -2.5,
            back: Back::Box,
            margin_side: 7,
            ..Style::default()
        };
        assert_eq!(set.unwrap(), expected);
        for wrong in
            ["--sub-align-x=top", "--sub-margin-x=-1", "--sub-blur=21", "--sub-justify=no", "--sub-font-size=NaN"]
        {
            assert!(style(&[wrong]).is_err(), "{wrong}");
        }
    }
}
