//! The log on stderr: a line for each event, which nothing in it can break or colour.

use std::fmt;
use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::error::CliError;
use crate::terminal;

/// Begins to log what `filter` lets through on stderr, and all that may be worth knowing behind what is in `file`.
///
/// # Errors
/// The file cannot be written to.
pub(super) fn start(filter: EnvFilter, file: Option<&Path>) -> Result<(), CliError> {
    let stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // It would be told on stderr that stderr cannot be written.
        .log_internal_errors(false)
        .event_format(OneLine { since: None })
        .with_filter(filter);
    let kept = file.map(open).transpose()?.map(|file| {
        tracing_subscriber::fmt::layer()
            .with_writer(file)
            .with_ansi(false)
            .log_internal_errors(false)
            .event_format(OneLine { since: Some(Instant::now()) })
            .with_filter(EnvFilter::new("debug,pulseaudio=off,zbus=warn"))
    });
    tracing_subscriber::registry().with(stderr).with(kept).init();
    Ok(())
}

/// A file or pipe to write the log into, behind what is there: nothing that somebody has named by mistake is lost.
fn open(path: &Path) -> Result<Mutex<File>, CliError> {
    let opened = File::options().append(true).create(true).open(path);
    opened.map(Mutex::new).map_err(|error| CliError::Usage(format!("--log-file {}: {error}", path.display())))
}

struct OneLine {
    /// Each line begins with the seconds since then.
    since: Option<Instant>,
}

impl<S, N> FormatEvent<S, N> for OneLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = String::new();
        context.field_format().format_fields(Writer::new(&mut text), event)?;
        let level = *event.metadata().level();
        if let Some(since) = self.since {
            write!(writer, "[{:9.3}] ", since.elapsed().as_secs_f64())?;
        }
        match level {
            Level::ERROR if writer.has_ansi_escapes() => write!(writer, "\x1b[31m{level:>5}\x1b[0m ")?,
            Level::WARN if writer.has_ansi_escapes() => write!(writer, "\x1b[33m{level:>5}\x1b[0m ")?,
            _ => write!(writer, "{level:>5} ")?,
        }
        writeln!(writer, "{}", terminal::line(&text))
    }
}
