//! Work for the outside world.

use clap::{Args, Subcommand};
use sealwright_engine::EffectKey;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::Client;
use super::confirm::confirm;
use super::connection::{As, Connection};
use super::exit::Failure;
use super::output::{Output, text};
use super::table::Table;

/// The server redrives so many at a time.
const AT_ONCE: usize = 500;

/// `sealwright effect`.
#[derive(Subcommand, Debug)]
pub(crate) enum Effect {
    /// List effects
    List {
        /// Where they stand
        #[arg(long, default_value = "parked", value_parser = ["due", "parked", "settled"])]
        state: String,
        /// Of this kind, such as notify
        #[arg(long)]
        kind: Option<String>,
        /// Of this instance
        #[arg(long, value_name = "ID")]
        instance: Option<Uuid>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Send parked work on its way again, after its cause is gone
    Redrive(Redrive),
}

/// Which parked work. Nothing given means all.
#[derive(Args, Debug)]
pub(crate) struct Redrive {
    /// This effect alone
    #[arg(long, value_name = "KEY", conflicts_with_all = ["instance", "workflow", "kind", "cause"])]
    effect: Option<EffectKey>,
    /// Of this instance
    #[arg(long, value_name = "ID")]
    instance: Option<Uuid>,
    /// Of this workflow
    #[arg(long)]
    workflow: Option<String>,
    /// Of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Whose cause contains this text
    #[arg(long, value_name = "TEXT")]
    cause: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = AT_ONCE, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=500))]
    limit: usize,
    /// One each so many milliseconds, so as not to flood whoever has just recovered
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=60_000))]
    spacing_ms: u64,
    /// Only say what would be redriven
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Effect {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let client = connection.client(As::Operator)?;
        match self {
            Effect::List { state, kind, instance, limit } => {
                let filter =
                    [("state", Some(state)), ("kind", kind), ("instance", instance.map(|id| id.to_string()))];
                list(&client, output, filter, limit).await
            }
            Effect::Redrive(redrive) => redrive.run(&client, output).await,
        }
    }
}

async fn list(
    client: &Client,
    output: &Output,
    filter: [(&'static str, Option<String>); 3],
    limit: usize,
) -> Result<(), Failure> {
    let query: Vec<_> = filter.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let items = client.list("/v1/effects", &query, limit).await?;
    output.many(&items, "There are no such effects.", || {
        let mut table = Table::new(["KEY", "WORKFLOW", "KIND", "STATE", "ATTEMPTS", "DUE", "NOTE"]);
        for item in &items {
            let fields = ["key", "workflow", "kind", "state", "attempts", "due_at", "note"];
            table.row(fields.map(|field| text(item, field)));
        }
        table
    })
}

impl Redrive {
    async fn run(self, client: &Client, output: &Output) -> Result<(), Failure> {
        let parked = client.get("/v1/parked").await?;
        let matching = self.matching(&parked).min(self.limit);
        let what = format!("{matching} parked {} at {} will be tried again.", self.what(), client.url());
        if self.dry_run {
            return output.one(&json!({"would_redrive": matching}), || what);
        }
        if matching > 1 {
            confirm(&what, self.yes)?;
        }
        let Self { effect, instance, workflow, kind, cause, limit, spacing_ms, .. } = self;
        let which = json!({"effect": effect, "instance": instance, "workflow": workflow, "kind": kind, "cause": cause,
            "limit": limit, "spacing_ms": spacing_ms});
        let done = client.post("/v1/effects/redrive", &which).await?;
        output.one(&done, || format!("{} on the way again", text(&done, "redriven")))
    }

    fn what(&self) -> String {
        let filters = [
            ("effect", self.effect.map(|key| key.to_string())),
            ("instance", self.instance.map(|id| id.to_string())),
            ("workflow", self.workflow.clone()),
            ("kind", self.kind.clone()),
            ("cause", self.cause.clone()),
        ];
        let filters: Vec<_> =
            filters.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))).collect();
        if filters.is_empty() {
            "effects and instances".into()
        } else {
            format!("with {}", filters.join(", "))
        }
    }

    /// How many of what is parked are meant, as far as the server lists it.
    fn matching(&self, parked: &Value) -> usize {
        let is = |wanted: &Option<String>, found: &Value| {
            wanted.as_ref().is_none_or(|wanted| found.as_str() == Some(wanted))
        };
        let fits = |row: &Value, instance: Option<Uuid>, cause: &Value| {
            is(&self.workflow, &row["workflow"])
                && self.instance.is_none_or(|wanted| instance == Some(wanted))
                && self
                    .cause
                    .as_ref()
                    .is_none_or(|part| cause.as_str().is_some_and(|cause| cause.contains(part)))
        };
        let rows = |field: &str| parked[field].as_array().map(Vec::as_slice).unwrap_or_default();
        let effects = rows("effects").iter().filter(|row| {
            let key: Option<EffectKey> = row["key"].as_str().and_then(|key| key.parse().ok());
            fits(row, key.map(|key| key.instance.0), &row["note"])
                && is(&self.kind, &row["kind"])
                && self.effect.is_none_or(|wanted| key == Some(wanted))
        });
        let whole = self.kind.is_none() && self.effect.is_none();
        let instances = rows("instances").iter().filter(|row| {
            let id = row["id"].as_str().and_then(|id| id.parse().ok());
            whole && fits(row, id, &row["parked"])
        });
        effects.count() + instances.count()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    const A: &str = "019aa001-0000-7000-8000-00000000000a";
    const B: &str = "019aa001-0000-7000-8000-00000000000b";

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        redrive: Redrive,
    }

    fn count(arguments: &[&str]) -> usize {
        let parked = json!({
            "instances": [{"id": A, "workflow": "licence", "parked": "a panic"}],
            "effects": [
                {"key": format!("{A}.1.0"), "workflow": "licence", "kind": "sign", "note": "no key"},
                {"key": format!("{B}.1.0"), "workflow": "application", "kind": "notify", "note": "mail server is down"},
            ],
        });
        let line = Line::try_parse_from(std::iter::once("test").chain(arguments.iter().copied())).unwrap();
        line.redrive.matching(&parked)
    }

    #[test]
    fn what_is_meant_is_counted_before_it_is_done() {
        assert_eq!(count(&[]), 3);
        assert_eq!(count(&["--workflow", "licence"]), 2);
        assert_eq!(count(&["--instance", A]), 2);
        assert_eq!(count(&["--kind", "notify"]), 1);
        assert_eq!(count(&["--cause", "down"]), 1);
        assert_eq!(count(&["--effect", &format!("{A}.1.0")]), 1);
        assert_eq!(count(&["--cause", "nothing like it"]), 0);
    }

    #[test]
    fn one_effect_is_not_a_filter() {
        assert!(Line::try_parse_from(["test", "--effect", &format!("{A}.1.0"), "--kind", "sign"]).is_err());
        assert!(Line::try_parse_from(["test", "--limit", "0"]).is_err());
        assert!(Line::try_parse_from(["test", "--spacing-ms", "60001"]).is_err());
    }
}
