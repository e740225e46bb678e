//! What the applicant can do now: for screens, and for whoever answers `allowed_actions`.

use super::state::{Application, Case};
use super::waiting::{Session, Waiting};
use crate::policy::{Path, Step};

impl Application {
    /// What an open application waits for.
    pub fn waiting(&self) -> Option<&Waiting> {
        match self {
            Application::Open(_, waiting) => Some(waiting),
            Application::New | Application::Closed(_) => None,
        }
    }

    /// The names of the applicant's commands that would change something now, in the order in which a
    /// screen offers them.
    pub fn allowed_actions(&self) -> Vec<&'static str> {
        let (case, waiting) = match self {
            Application::New => return vec!["begin"],
            Application::Open(case, waiting) => (case, waiting),
            Application::Closed(_) => return vec![],
        };
        let mut actions = Vec::with_capacity(4);
        match waiting {
            Waiting::Step(Step::Information, _) => actions.push("confirm_information"),
            Waiting::Liveness(Session::Failed(..)) => actions.push("retry_liveness"),
            Waiting::Step(Step::Notice, _) => actions.push("read_notice"),
            Waiting::Step(Step::Photo, _) => actions.push("offer_photo"),
            Waiting::Step(Step::Preview, _) => actions.extend(["confirm_preview", "offer_photo"]),
            Waiting::Step(Step::Submit, _) => {
                actions.push("submit");
                if case.takes_photos() {
                    actions.push("offer_photo");
                }
            }
            Waiting::Record(_)
            | Waiting::Admission(_)
            | Waiting::Path(_)
            | Waiting::Step(Step::Liveness, _)
            | Waiting::Liveness(Session::Asked(..) | Session::Running { .. })
            | Waiting::Review(_)
            | Waiting::Recheck(_)
            | Waiting::Issue(_)
            | Waiting::Between => {}
        }
        if case.chooses_path(waiting) {
            actions.push("choose_path");
        }
        let kept = match waiting {
            Waiting::Issue(_) => true,
            Waiting::Review(review) => review.somebody_bars(),
            _ => false,
        };
        if !kept {
            actions.push("withdraw");
        }
        actions
    }
}

impl Case {
    /// Whether a photo can still be given: the path has one, and nobody has approved it yet.
    pub(super) fn takes_photos(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.steps.contains(&Step::Photo)) && !self.approved
    }

    /// Whether the applicant may still say where the photo comes from.
    pub(super) fn chooses_path(&self, waiting: &Waiting) -> bool {
        matches!(waiting, Waiting::Path(_) | Waiting::Step(..))
            && self.path() != Some(Path::Retained)
            && !self.done.contains(&Step::Submit)
    }
}
