//! What several examples use: a small workflow, and a client that tells a story over HTTP.

pub mod office;

use sealwright_engine::{Actor, Context, Phase, Timestamp, Workflow};
use serde::{Deserialize, Serialize};

/// A request for leave.
#[derive(Clone, Default, Debug, PartialEq, Serialize, Deserialize)]
pub enum Leave {
    #[default]
    New,
    Asked {
        by: String,
    },
    Granted,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    Ask { by: String },
    Grant,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum No {
    #[error("nobody asked for this leave; ask first")]
    NotAsked,
    #[error("only a boss grants leave")]
    NoBoss,
}

impl Workflow for Leave {
    const NAME: &'static str = "leave";
    type Policy = ();
    type Command = Command;
    type Event = Leave; // small enough that the new state is the fact
    type Effect = ();
    type Rejection = No;

    fn decide(&self, command: Command, cx: &Context<'_, ()>) -> Result<Vec<Leave>, No> {
        match (self, command) {
            (Leave::New, Command::Ask { by }) => Ok(vec![Leave::Asked { by }]),
            (Leave::Asked { .. }, Command::Grant) if matches!(cx.actor, Actor::Operator(_)) => {
                Ok(vec![Leave::Granted])
            }
            (Leave::Asked { .. }, Command::Grant) => Err(No::NoBoss),
            (Leave::New, Command::Grant) => Err(No::NotAsked),
            _ => Ok(vec![]),
        }
    }
    fn evolve(self, event: &Leave, _: Timestamp) -> Self {
        event.clone()
    }
    fn phase(&self) -> Phase {
        match self {
            Leave::New => Phase::Open("new"),
            Leave::Asked { .. } => Phase::Open("asked"),
            Leave::Granted => Phase::Closed("granted"),
        }
    }
}

/// Posts each step and checks the status it is answered with.
pub async fn tell(url: &str, story: &[(&str, u16)]) -> anyhow::Result<()> {
    sealwright_workflows::office::http::install_tls();
    let client = reqwest::Client::new();
    for (step, expected) in story {
        let answer = client.post(format!("{url}/{step}")).send().await?;
        println!("{step}: {}", answer.status());
        anyhow::ensure!(answer.status() == *expected, "{step} should answer {expected}");
    }
    Ok(())
}
