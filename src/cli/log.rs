//! The log on stderr: a line for each event, which nothing in it can break or colour.

use std::fmt;
use std::io::IsTerminal;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::terminal;

/// Begins to log what `filter` lets through.
pub(super) fn start(filter: EnvFilter) {
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // It would be told on stderr that stderr cannot be written.
        .log_internal_errors(false)
        .event_format(OneLine)
        .init();
}

struct OneLine;

impl<S, N> FormatEvent<S, N> for OneLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = String::new();
        context.field_format().format_fields(Writer::new(&mut text), event)?;
        let level = *event.metadata().level();
        match level {
            Level::ERROR if writer.has_ansi_escapes() => write!(writer, "\x1b[31m{level:>5}\x1b[0m ")?,
            Level::WARN if writer.has_ansi_escapes() => write!(writer, "\x1b[33m{level:>5}\x1b[0m ")?,
            _ => write!(writer, "{level:>5} ")?,
        }
        writeln!(writer, "{}", terminal::line(&text))
    }
}
