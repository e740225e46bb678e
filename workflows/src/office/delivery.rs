//! Sending a notice: by each channel at most once, whatever becomes of the others.

mod lane;
mod progress;

use std::collections::BTreeSet;
use std::sync::Arc;

use sealwright_engine::{Call, EffectKey, Outcome, PersonId, Timestamp, Workflow};
use serde::{Deserialize, Serialize};

use super::dossier::DossierError;
use super::gateway::{Gateway, Message, Recipient};
use super::mail::Mail;
use super::notices::{Notice, Rendered, Texts};
use super::{Office, licence::Ended};
use crate::licence::Licence;
use crate::notice::LicenceNotice;
use crate::policy::Locale;
pub(super) use lane::Paused;
use lane::{Lane, Sent};

/// A way to reach a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A letter to their address.
    Email,
    /// A text message to their number.
    Sms,
    /// A push to their app.
    Push,
}

/// How people are told things. Without more, by mail alone, in the shipped texts.
pub struct Notices {
    /// What they read.
    pub texts: Texts,
    /// Which channels are used.
    pub channels: BTreeSet<Channel>,
    /// Who delivers text messages.
    pub sms: Option<Arc<dyn Gateway>>,
    /// Who delivers pushes.
    pub push: Option<Arc<dyn Gateway>>,
}

impl Default for Notices {
    fn default() -> Self {
        Self { texts: Texts::shipped(), channels: BTreeSet::from([Channel::Email]), sms: None, push: None }
    }
}

/// What the office keeps of them while it is open.
pub(super) struct Deliveries {
    texts: Texts,
    channels: BTreeSet<Channel>,
    pub(super) mail: Lane,
    sms: Option<(Lane, Arc<dyn Gateway>)>,
    push: Option<(Lane, Arc<dyn Gateway>)>,
}

impl Deliveries {
    pub(super) fn new(notices: Notices) -> Self {
        let lane = |channel, gateway: Option<_>| gateway.map(|gateway| (Lane::new(channel), gateway));
        Self {
            texts: notices.texts,
            channels: notices.channels,
            mail: Lane::new(Channel::Email),
            sms: lane(Channel::Sms, notices.sms),
            push: lane(Channel::Push, notices.push),
        }
    }
}

impl Channel {
    /// Its name in configuration, metrics and ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::Push => "push",
        }
    }
}

/// One notice on its way.
struct Errand<'a> {
    key: EffectKey,
    decided_at: Timestamp,
    now: Timestamp,
    locale: Locale,
    name: String,
    letter: &'a Rendered,
}

impl Office {
    /// Tells the holder of a licence what became of it. To be performed for an effect of the licence that has the
    /// person and the notice; the effect's key makes it one message for each channel.
    pub async fn notify_licence(
        &self,
        call: &Call<Licence>,
        person: PersonId,
        notice: LicenceNotice,
    ) -> Ended {
        self.notify(call, person, None, &notice.into()).await
    }

    /// Tells a person something, by every channel that is configured and that they can be reached by. The language
    /// is the one they chose, if none is given.
    ///
    /// Each channel is tried until it has taken the notice or refused it for good; what it has taken it is not given
    /// again, unless the power fails between the two: then under the same id.
    pub async fn notify<W: Workflow>(
        &self,
        call: &Call<W>,
        person: PersonId,
        locale: Option<Locale>,
        notice: &Notice,
    ) -> Outcome<W::Command> {
        match self.deliver(call, person, locale, notice).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_erased() => Outcome::Done(None),
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    async fn deliver<W: Workflow>(
        &self,
        call: &Call<W>,
        person: PersonId,
        locale: Option<Locale>,
        notice: &Notice,
    ) -> Result<Outcome<W::Command>, DossierError> {
        let channels = &self.deliveries().channels;
        let mut told = progress::read(self.dossiers(), person, call.key, channels.len()).await?;
        let open: Vec<_> = channels.difference(&told).copied().collect();
        if open.is_empty() {
            return Ok(Outcome::Done(None));
        }
        // Before the record is there, the name is not known, and the letter says hello.
        let record = self.dossiers().record(person, None).await?;
        let contacts = self.dossiers().contacts(person).await?;
        let chosen = || contacts.locale.as_deref().map(Locale::of_tag);
        let locale = locale.or_else(chosen).unwrap_or_default();
        let name = record.map(|dossier| dossier.record.name).unwrap_or_default();
        let letter = self.deliveries().texts.render(notice, locale, &name, &self.policy());
        let (key, decided_at, now) = (call.key, call.decided_at, call.engine.clock().now());
        let errand = Errand { key, decided_at, now, locale, name, letter: &letter };

        let attempts = open.iter().map(|channel| async {
            let to = match channel {
                Channel::Email => contacts.email.clone(),
                Channel::Sms => contacts.phone.as_deref().and_then(phone),
                Channel::Push => Some(person.to_string()),
            };
            (*channel, self.send_by(*channel, to, &errand).await)
        });
        let ends = futures_util::future::join_all(attempts).await;

        let (mut later, mut troubles): (Option<Timestamp>, Vec<String>) = (None, Vec::new());
        let before = told.len();
        for (channel, sent) in ends {
            match sent {
                Sent::Over => {
                    told.insert(channel);
                }
                Sent::Later(at) => later = Some(later.map_or(at, |soonest| soonest.min(at))),
                Sent::NotNow(why) => troubles.push(format!("{}: {why}", channel.as_str())),
            }
        }
        if told.len() == channels.len() {
            return Ok(Outcome::Done(None));
        }
        if told.len() > before {
            progress::write(self.dossiers(), person, call.key, &told).await?;
        }
        Ok(match later {
            _ if !troubles.is_empty() => Outcome::Retry(troubles.join("; ")),
            Some(at) => Outcome::Later(at),
            None => Outcome::Done(None),
        })
    }

    async fn send_by(&self, channel: Channel, to: Option<String>, errand: &Errand<'_>) -> Sent {
        let Some(to) = to else {
            return Sent::Over;
        };
        let policy = self.policy();
        let waits = channel != Channel::Email || policy.notices.mail_waits;
        if let Some(end) = policy.quiet_until(errand.now).filter(|_| waits) {
            return Sent::Later(end);
        }
        let deliveries = self.deliveries();
        let (lane, gateway) = match (channel, &deliveries.sms, &deliveries.push) {
            (Channel::Email, ..) => return self.send_mail(to, errand).await,
            (Channel::Sms, Some(sms), _) => sms,
            (Channel::Push, _, Some(push)) => push,
            (Channel::Sms | Channel::Push, ..) => return Sent::Over,
        };
        let message = Message {
            id: format!("{}.{}", errand.key, channel.as_str()),
            at: errand.decided_at,
            to: if channel == Channel::Sms { Recipient::Phone(to) } else { Recipient::Person(to) },
            title: errand.letter.subject.clone(),
            text: errand.letter.short.clone(),
            locale: errand.locale,
        };
        let (sent, paused) = lane.hand(&**gateway, &message, errand.now).await;
        if let Some(paused) = paused {
            self.raise_paused(channel, &paused).await;
        }
        lane.count(&sent, errand);
        sent
    }

    async fn send_mail(&self, address: String, errand: &Errand<'_>) -> Sent {
        let Some(post) = self.post() else {
            return Sent::Over;
        };
        let lane = &self.deliveries().mail;
        let mail = Mail {
            id: errand.key.to_string(),
            at: errand.decided_at,
            name: Some(errand.name.clone()),
            address,
            subject: errand.letter.subject.clone(),
            text: errand.letter.text.clone(),
            html: Some(errand.letter.html.clone()),
        };
        let sent = lane.post(post, &mail, errand.now).await;
        lane.count(&sent, errand);
        sent
    }
}

/// A number as gateways take it: digits, with a plus before them if it is international. What is none is no contact.
fn phone(text: &str) -> Option<String> {
    let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let is_number = (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(number)
}
