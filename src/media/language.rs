//! Languages as containers, viewers and systems write them: codes of two letters or three, with or without a country.

use std::env;
use std::str::FromStr;

/// Languages with a code of two letters (ISO 639-1): that, the two of three letters (ISO 639-2: the usual one, and an older one where there is one), the
/// name.
const LANGUAGES: [(&str, &str, &str, &str); 184] = [
    ("aa", "aar", "", "Afar"),
    ("ab", "abk", "", "Abkhazian"),
    ("ae", "ave", "", "Avestan"),
    ("af", "afr", "", "Afrikaans"),
    ("ak", "aka", "", "Akan"),
    ("am", "amh", "", "Amharic"),
    ("an", "arg", "", "Aragonese"),
    ("ar", "ara", "", "Arabic"),
    ("as", "asm", "", "Assamese"),
    ("av", "ava", "", "Avaric"),
    ("ay", "aym", "", "Aymara"),
    ("az", "aze", "", "Azerbaijani"),
    ("ba", "bak", "", "Bashkir"),
    ("be", "bel", "", "Belarusian"),
    ("bg", "bul", "", "Bulgarian"),
    ("bh", "bih", "", "Bihari languages"),
    ("bi", "bis", "", "Bislama"),
    ("bm", "bam", "", "Bambara"),
    ("bn", "ben", "", "Bangla"),
    ("bo", "bod", "tib", "Tibetan"),
    ("br", "bre", "", "Breton"),
    ("bs", "bos", "", "Bosnian"),
    ("ca", "cat", "", "Catalan"),
    ("ce", "che", "", "Chechen"),
    ("ch", "cha", "", "Chamorro"),
    ("co", "cos", "", "Corsican"),
    ("cr", "cre", "", "Cree"),
    ("cs", "ces", "cze", "Czech"),
    ("cu", "chu", "", "Church Slavic"),
    ("cv", "chv", "", "Chuvash"),
    ("cy", "cym", "wel", "Welsh"),
    ("da", "dan", "", "Danish"),
    ("de", "deu", "ger", "German"),
    ("dv", "div", "", "Divehi"),
    ("dz", "dzo", "", "Dzongkha"),
    ("ee", "ewe", "", "Ewe"),
    ("el", "ell", "gre", "Greek"),
    ("en", "eng", "", "English"),
    ("eo", "epo", "", "Esperanto"),
    ("es", "spa", "", "Spanish"),
    ("et", "est", "", "Estonian"),
    ("eu", "eus", "baq", "Basque"),
    ("fa", "fas", "per", "Persian"),
    ("ff", "ful", "", "Fulah"),
    ("fi", "fin", "", "Finnish"),
    ("fj", "fij", "", "Fijian"),
    ("fo", "fao", "", "Faroese"),
    ("fr", "fra", "fre", "French"),
    ("fy", "fry", "", "Western Frisian"),
    ("ga", "gle", "", "Irish"),
    ("gd", "gla", "", "Gaelic"),
    ("gl", "glg", "", "Galician"),
    ("gn", "grn", "", "Guarani"),
    ("gu", "guj", "", "Gujarati"),
    ("gv", "glv", "", "Manx"),
    ("ha", "hau", "", "Hausa"),
    ("he", "heb", "", "Hebrew"),
    ("hi", "hin", "", "Hindi"),
    ("ho", "hmo", "", "Hiri Motu"),
    ("hr", "hrv", "", "Croatian"),
    ("ht", "hat", "", "Haitian"),
    ("hu", "hun", "", "Hungarian"),
    ("hy", "hye", "arm", "Armenian"),
    ("hz", "her", "", "Herero"),
    ("ia", "ina", "", "Interlingua"),
    ("id", "ind", "", "Indonesian"),
    ("ie", "ile", "", "Interlingue"),
    ("ig", "ibo", "", "Igbo"),
    ("ii", "iii", "", "Sichuan Yi"),
    ("ik", "ipk", "", "Inupiaq"),
    ("io", "ido", "", "Ido"),
    ("is", "isl", "ice", "Icelandic"),
    ("it", "ita", "", "Italian"),
    ("iu", "iku", "", "Inuktitut"),
    ("ja", "jpn", "", "Japanese"),
    ("jv", "jav", "", "Javanese"),
    ("ka", "kat", "geo", "Georgian"),
    ("kg", "kon", "", "Kongo"),
    ("ki", "kik", "", "Kikuyu"),
    ("kj", "kua", "", "Kuanyama"),
    ("kk", "kaz", "", "Kazakh"),
    ("kl", "kal", "", "Kalaallisut"),
    ("km", "khm", "", "Central Khmer"),
    ("kn", "kan", "", "Kannada"),
    ("ko", "kor", "", "Korean"),
    ("kr", "kau", "", "Kanuri"),
    ("ks", "kas", "", "Kashmiri"),
    ("ku", "kur", "", "Kurdish"),
    ("kv", "kom", "", "Komi"),
    ("kw", "cor", "", "Cornish"),
    ("ky", "kir", "", "Kirghiz"),
    ("la", "lat", "", "Latin"),
    ("lb", "ltz", "", "Luxembourgish"),
    ("lg", "lug", "", "Ganda"),
    ("li", "lim", "", "Limburgan"),
    ("ln", "lin", "", "Lingala"),
    ("lo", "lao", "", "Lao"),
    ("lt", "lit", "", "Lithuanian"),
    ("lu", "lub", "", "Luba-Katanga"),
    ("lv", "lav", "", "Latvian"),
    ("mg", "mlg", "", "Malagasy"),
    ("mh", "mah", "", "Marshallese"),
    ("mi", "mri", "mao", "Maori"),
    ("mk", "mkd", "mac", "Macedonian"),
    ("ml", "mal", "", "Malayalam"),
    ("mn", "mon", "", "Mongolian"),
    ("mr", "mar", "", "Marathi"),
    ("ms", "msa", "may", "Malay"),
    ("mt", "mlt", "", "Maltese"),
    ("my", "mya", "bur", "Burmese"),
    ("na", "nau", "", "Nauru"),
    ("nb", "nob", "", "Norwegian Bokmål"),
    ("nd", "nde", "", "Ndebele"),
    ("ne", "nep", "", "Nepali"),
    ("ng", "ndo", "", "Ndonga"),
    ("nl", "nld", "dut", "Dutch"),
    ("nn", "nno", "", "Norwegian Nynorsk"),
    ("no", "nor", "", "Norwegian"),
    ("nr", "nbl", "", "Ndebele"),
    ("nv", "nav", "", "Navajo"),
    ("ny", "nya", "", "Chichewa"),
    ("oc", "oci", "", "Occitan"),
    ("oj", "oji", "", "Ojibwa"),
    ("om", "orm", "", "Oromo"),
    ("or", "ori", "", "Oriya"),
    ("os", "oss", "", "Ossetian"),
    ("pa", "pan", "", "Panjabi"),
    ("pi", "pli", "", "Pali"),
    ("pl", "pol", "", "Polish"),
    ("ps", "pus", "", "Pushto"),
    ("pt", "por", "", "Portuguese"),
    ("qu", "que", "", "Quechua"),
    ("rm", "roh", "", "Romansh"),
    ("rn", "run", "", "Rundi"),
    ("ro", "ron", "rum", "Romanian"),
    ("ru", "rus", "", "Russian"),
    ("rw", "kin", "", "Kinyarwanda"),
    ("sa", "san", "", "Sanskrit"),
    ("sc", "srd", "", "Sardinian"),
    ("sd", "snd", "", "Sindhi"),
    ("se", "sme", "", "Northern Sami"),
    ("sg", "sag", "", "Sango"),
    ("si", "sin", "", "Sinhala"),
    ("sk", "slk", "slo", "Slovak"),
    ("sl", "slv", "", "Slovenian"),
    ("sm", "smo", "", "Samoan"),
    ("sn", "sna", "", "Shona"),
    ("so", "som", "", "Somali"),
    ("sq", "sqi", "alb", "Albanian"),
    ("sr", "srp", "", "Serbian"),
    ("ss", "ssw", "", "Swati"),
    ("st", "sot", "", "Sotho"),
    ("su", "sun", "", "Sundanese"),
    ("sv", "swe", "", "Swedish"),
    ("sw", "swa", "", "Swahili"),
    ("ta", "tam", "", "Tamil"),
    ("te", "tel", "", "Telugu"),
    ("tg", "tgk", "", "Tajik"),
    ("th", "tha", "", "Thai"),
    ("ti", "tir", "", "Tigrinya"),
    ("tk", "tuk", "", "Turkmen"),
    ("tl", "tgl", "", "Tagalog"),
    ("tn", "tsn", "", "Tswana"),
    ("to", "ton", "", "Tonga"),
    ("tr", "tur", "", "Turkish"),
    ("ts", "tso", "", "Tsonga"),
    ("tt", "tat", "", "Tatar"),
    ("tw", "twi", "", "Twi"),
    ("ty", "tah", "", "Tahitian"),
    ("ug", "uig", "", "Uighur"),
    ("uk", "ukr", "", "Ukrainian"),
    ("ur", "urd", "", "Urdu"),
    ("uz", "uzb", "", "Uzbek"),
    ("ve", "ven", "", "Venda"),
    ("vi", "vie", "", "Vietnamese"),
    ("vo", "vol", "", "Volapük"),
    ("wa", "wln", "", "Walloon"),
    ("wo", "wol", "", "Wolof"),
    ("xh", "xho", "", "Xhosa"),
    ("yi", "yid", "", "Yiddish"),
    ("yo", "yor", "", "Yoruba"),
    ("za", "zha", "", "Zhuang"),
    ("zh", "zho", "chi", "Chinese"),
    ("zu", "zul", "", "Zulu"),
];

/// A viewer's languages, the one wanted most first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Languages(Vec<String>);

impl Languages {
    /// The system's: of `LANGUAGE`, `LC_ALL`, `LC_MESSAGES`, `LANG` the first that says one.
    pub fn of_system() -> Self {
        let said = |name| env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(said).unwrap_or_default();
        Self::of_locale(said("LANGUAGE").as_deref(), &locale)
    }

    /// Where `locale` is none, the list does not count either.
    fn of_locale(list: Option<&str>, locale: &str) -> Self {
        let tag = |locale: &str| {
            let tag = locale.split(['.', '@']).next().unwrap_or_default();
            (!matches!(tag, "" | "C" | "POSIX")).then(|| canonical(tag))
        };
        match (tag(locale), list) {
            (None, _) => Self::default(),
            (Some(_), Some(list)) => Self(list.split(':').filter_map(tag).collect()),
            (Some(only), None) => Self(vec![only]),
        }
    }

    /// Whether none is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How well `language` is what is wanted: the better, the larger; 0 not at all. A place further ahead in the list counts more than how much of a
    /// tag (`pt-BR`) is the same.
    pub fn rank(&self, language: Option<&str>) -> usize {
        let Some(language) = language.map(canonical) else { return 0 };
        let places = self.0.iter().enumerate();
        let found = places.filter_map(|(place, wanted)| {
            let same = wanted.split('-').zip(language.split('-')).take_while(|(a, b)| a == b).count();
            (same > 0).then(|| (self.0.len() - place) * 100 + same.min(99))
        });
        found.max().unwrap_or_default()
    }
}

impl FromStr for Languages {
    type Err = String;

    /// Codes with commas between them; `auto` stands for the system's languages.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut languages = Vec::new();
        for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            if tag == "auto" {
                languages.extend(Self::of_system().0);
            } else if tag.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')) {
                languages.push(canonical(tag));
            } else {
                return Err(format!("'{tag}' is no language: write codes with commas between them (de,en or ger,eng)"));
            }
        }
        Ok(Self(languages))
    }
}

/// A tag in small letters, its language as the usual code of three letters where it has one: `ger`, `de` and `DE_at` begin alike.
fn canonical(tag: &str) -> String {
    let tag = tag.trim().to_ascii_lowercase().replace('_', "-");
    let (language, rest) = tag.split_once('-').map_or((tag.as_str(), None), |(language, rest)| (language, Some(rest)));
    let language = find(language).map_or(language, |(_, usual, _, _)| usual);
    rest.map_or_else(|| language.to_owned(), |rest| format!("{language}-{rest}"))
}

fn find(code: &str) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    let is_it = |(two, usual, older, _): &&(&str, &str, &str, &str)| [*two, *usual, *older].contains(&code);
    LANGUAGES.iter().find(is_it).filter(|_| !code.is_empty()).copied()
}

/// A language's name in English, with the rest of its tag in brackets; the tag itself where it has none.
pub fn language_name(tag: &str) -> String {
    let canonical = canonical(tag);
    let (language, rest) = canonical.split_once('-').unwrap_or((&canonical, ""));
    match find(language) {
        Some((.., name)) if rest.is_empty() => name.to_owned(),
        Some((.., name)) => format!("{name} ({})", rest.to_ascii_uppercase()),
        None => tag.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_the_same_however_it_is_written() {
        let wanted: Languages = "fr, de_AT,en".parse().unwrap();
        let [french, german, austrian, english, none] =
            ["fre", "ger", "de-AT", "ENG", "jpn"].map(|tag| wanted.rank(Some(tag)));
        assert!(french > austrian && austrian > german && german > english && english > none);
        assert_eq!((none, wanted.rank(None), Languages::default().rank(Some("ger"))), (0, 0, 0));
        assert_eq!(wanted.rank(Some("fra")), french);
        assert!("de;en".parse::<Languages>().is_err());
        let names = ["deu", "ger", "pt-br", "tlh", "zho"].map(language_name);
        assert_eq!(names, ["German", "German", "Portuguese (BR)", "tlh", "Chinese"]);
    }

    #[test]
    fn the_system_says_its_languages_by_its_locale() {
        let of = |list, locale| Languages::of_locale(list, locale).0;
        assert_eq!(of(None, "de_DE.UTF-8"), ["deu-de"]);
        assert_eq!(of(Some("de_CH:fr"), "de_CH@euro"), ["deu-ch", "fra"]);
        assert_eq!(of(Some("de"), "C.UTF-8"), Vec::<String>::new());
        assert_eq!(of(None, ""), Vec::<String>::new());
    }
}
