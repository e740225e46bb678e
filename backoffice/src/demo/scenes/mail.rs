//! The mails came over SMTP: each one that must have come, once.

use serde_json::Value;

use crate::cli::exit::Failure;
use crate::demo::mailbox::{Mail, mails};
use crate::demo::wait::{Look, STEP, hold, until};
use crate::demo::world::World;

pub(super) async fn play(world: &mut World) -> Result<String, Failure> {
    let folder = world.dev()?.sandbox.mail_dir.clone();
    let expected = &world.mails;
    let received = until("every mail to arrive", STEP, async || {
        let received: Vec<_> = mails(&folder).into_iter().collect();
        let missing = expected.iter().find(|(to, subject)| count(&received, to, subject) == 0);
        Ok(match missing {
            Some((to, subject)) => {
                Look::NotYet(format!("\"{subject}\" to {to} is missing among {}", received.len()))
            }
            None => Look::Yes(received),
        })
    });
    let received = received.await?;
    for (to, subject) in expected {
        let times = count(&received, to, subject);
        let wanted = expected.iter().filter(|other| (&other.0, other.1) == (to, subject)).count();
        hold(times == wanted, || format!("\"{subject}\" came to {to} {times} times instead of {wanted}"))?;
    }
    Ok(format!("{} mails to {} applicants, each once", expected.len(), applicants(expected)))
}

/// What somebody of the register must be told, in the language that it knows they speak.
pub(super) fn told(person: &Value, en: &'static str, zh: &'static str) -> (String, &'static str) {
    let contacts = &person["record"]["contacts"];
    let chinese = contacts["locale"].as_str().is_some_and(|locale| locale.starts_with("zh"));
    (contacts["email"].as_str().unwrap_or_default().to_owned(), if chinese { zh } else { en })
}

fn count(received: &[Mail], to: &str, subject: &str) -> usize {
    received.iter().filter(|mail| mail.to.contains(to) && mail.subject == subject).count()
}

fn applicants(expected: &[(String, &str)]) -> usize {
    expected.iter().map(|(to, _)| to).collect::<std::collections::BTreeSet<_>>().len()
}
