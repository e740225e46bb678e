//! What an entry says: derived from a licence's labels, never from the order of effects.

use sealwright_credentials::status_list::Status;

/// What the credential of `version` is worth, by its licence's labels (`credentials.md` 1.4). A version that is
/// newer than the label is being made, and says what it said.
///
/// A standing that is not known here is shown as suspended: not to be driven with, and it may come back.
pub fn status_of(version: u32, live: Option<u32>, standing: Option<&str>) -> Option<Status> {
    let live = live?;
    if version > live {
        return None;
    }
    Some(match standing {
        // Replaced for good: the live version is the only one.
        _ if version < live => Status::Invalid,
        Some("active") => Status::Valid,
        Some("invalid" | "none") => Status::Invalid,
        _ => Status::Suspended,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_what_each_version_is_worth() {
        let standings = [
            ("active", Status::Valid),
            ("suspended", Status::Suspended),
            ("hidden", Status::Suspended),
            ("invalid", Status::Invalid),
            ("something newer", Status::Suspended),
        ];
        for (standing, status) in standings {
            assert_eq!(status_of(3, Some(3), Some(standing)), Some(status), "{standing}");
            assert_eq!(
                status_of(2, Some(3), Some(standing)),
                Some(Status::Invalid),
                "{standing}, superseded"
            );
            assert_eq!(status_of(4, Some(3), Some(standing)), None, "{standing}, being made");
            assert_eq!(status_of(1, None, Some(standing)), None, "{standing}, never issued");
        }
        assert_eq!(status_of(3, Some(3), None), Some(Status::Suspended));
    }
}
