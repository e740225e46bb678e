//! Waking an operator: a line in the log, a number in the metrics, and a mail if there is an address.

use std::time::Duration;

use sealwright_engine::{InstanceId, Outcome, Timestamp};

use super::Office;
use super::delivery::{Channel, Paused};
use super::mail::{Mail, Posted};
use crate::{application, licence, sweep};

/// What an operator is told.
pub(super) struct Alert {
    pub(super) workflow: &'static str,
    pub(super) instance: InstanceId,
    pub(super) about: String,
    pub(super) since: Timestamp,
    pub(super) times: u32,
}

impl Alert {
    pub(super) fn raise(&self) {
        let Alert { workflow, instance, about, since, times } = self;
        tracing::warn!(instance.id = %instance, workflow, %since, times, "somebody has to look: {about}");
        metrics::counter!("sealwright_alerts_total", "workflow" => *workflow).increment(1);
    }

    pub(super) fn mail(&self, id: String, at: Timestamp, address: &str) -> Mail {
        let Alert { workflow, instance, about, since, times } = self;
        let command = if *workflow == "sweep" { "sweep show" } else { "app show" };
        Mail {
            id,
            at,
            name: None,
            address: address.to_owned(),
            subject: format!("[sealwright] {about}"),
            text: format!(
                "{about}.\n\nSince: {since}\nTold so far: {times}\nWorkflow: {workflow}\nInstance: {instance}\n\n\
                 Look at it:       sealwright {command} {instance}\n\
                 Stuck effects:    sealwright effect list --instance {instance}\n\
                 It goes on by itself when what it waits for is back.\n"
            ),
            html: None,
        }
    }
}

impl Office {
    /// Wakes an operator: at once in the log, and by mail if that is wanted.
    pub(super) async fn alert<C>(
        &self,
        alert: &Alert,
        id: String,
        at: Timestamp,
        (attempts, now): (u32, Timestamp),
    ) -> Outcome<C> {
        if attempts == 0 {
            alert.raise();
        }
        let (Some(post), Some(operator)) = (self.post(), self.operator()) else {
            return Outcome::Done(None);
        };
        let Some(_place) = self.deliveries().mail.place().await else {
            return Outcome::Later(now + NO_PLACE);
        };
        match post.send(&alert.mail(id, at, operator)).await {
            Ok(Posted::Accepted) => Outcome::Done(None),
            Ok(Posted::Refused(why)) => {
                tracing::error!(why, "the operator's own mails are refused: correct the operator's address");
                Outcome::Done(None)
            }
            Err(why) => Outcome::Retry(why.to_string()),
        }
    }

    /// A gateway is paused: a line in the log, a number in the metrics, and a mail if one goes out now. What waits
    /// for the gateway is in the list of effects, whether the mail arrives or not.
    pub(super) async fn raise_paused(&self, channel: Channel, paused: &Paused) {
        let Paused { since, told, why } = paused;
        let channel = channel.as_str();
        tracing::error!(channel, %since, why, "a gateway is paused: its messages wait, and one is tried now and then");
        metrics::counter!("sealwright_gateway_pauses_total", "channel" => channel).increment(1);
        let (Some(post), Some(operator)) = (self.post(), self.operator()) else { return };
        let mail = Mail {
            id: format!("paused.{channel}.{}.{told}", since.secs()),
            at: *since,
            name: None,
            address: operator.to_owned(),
            subject: format!("[sealwright] The {channel} gateway is paused"),
            text: format!(
                "The {channel} gateway has not taken a message for a while: {why}.

Since: {since}
Told so far:                  {told}

Its messages wait, and one is tried every quarter of an hour; they go out by themselves                  when it is back.
What waits:       sealwright effect list --kind notify
Its address:                       {channel}.url in the configuration
"
            ),
            html: None,
        };
        if let Err(why) = post.send(&mail).await {
            tracing::warn!(channel, %why, "nobody could be written to about a paused gateway");
        }
    }
}

/// How long an alert makes room if the mail server is busy.
const NO_PLACE: Duration = Duration::from_secs(5);

pub(super) fn about_application(about: application::Stalled) -> &'static str {
    use application::Stalled;
    match about {
        Stalled::Register => "The register has not answered",
        Stalled::Admission => "A licence has not answered an application",
        Stalled::LivenessVendor => "The liveness vendor has not answered",
        Stalled::Issue => "A licence has not made a document that was ordered",
        Stalled::Review => "A photo review is overdue",
        Stalled::UnreadableRecord => {
            "The register has a record that cannot be read; it has to be corrected there"
        }
    }
}

pub(super) fn about_licence(about: licence::Stalled) -> String {
    use licence::Stalled;
    match about {
        Stalled::Preparing(version) => format!("The content of version {version} has not been prepared"),
        Stalled::Signing(version) => format!("Version {version} has not been signed"),
        Stalled::Admission(application) => {
            format!("Application {application} was admitted and has not come back")
        }
        Stalled::RecordMissing => "The register does not know a licence that has a document".into(),
        Stalled::StatusUnknown => {
            "The register gives a licence a status that no rule explains, so its document is not shown; ask the \
             authority what it means and add it to the policy's [status]"
                .into()
        }
    }
}

pub(super) fn about_sweep(about: sweep::About) -> String {
    use sweep::About;
    match about {
        About::Entering => "A sweep cannot begin".into(),
        About::Slice(slice) => {
            format!("Slice {slice} of a sweep does not come to an end: the register has not answered")
        }
        About::Paused => "A sweep stands paused".into(),
        About::Leaving => "A sweep cannot end".into(),
        About::Failures { failed, absent: 0 } => {
            format!("A sweep ended, and {failed} licences could not be followed")
        }
        About::Failures { failed: 0, absent } => {
            format!("A sweep ended, and {absent} licences are not in the register any more")
        }
        About::Failures { failed, absent } => format!(
            "A sweep ended: {failed} licences could not be followed, and {absent} are not in the register any more"
        ),
    }
}

pub(super) fn about_calendar(year: i32) -> String {
    format!(
        "The working days of {year} are missing: due dates in it are a guess until they are loaded (`policy.calendars`)"
    )
}
