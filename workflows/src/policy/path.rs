//! The paths of an application and their steps.

use serde::{Deserialize, Serialize};

/// How the photo comes in (`domain.md` 1.6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// 使用已留存的照片: the register's photo meets the requirements.
    Retained,
    /// 使用手机拍照的照片: taken with the phone.
    Camera,
    /// 使用相册的证件照片: chosen from the album.
    Album,
}

/// What an applicant does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 信息确认: confirm what the record says.
    Information,
    /// 实人认证: prove to be the person.
    Liveness,
    /// 阅读须知: read how the photo must be.
    Notice,
    /// 拍照 or 选择照片: give a photo.
    Photo,
    /// 预览确认: look at it as it will be, and confirm.
    Preview,
    /// 提交申请: submit.
    Submit,
}

/// Every path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// The register's photo.
    pub retained: PathRules,
    /// The phone's camera.
    pub camera: PathRules,
    /// The album.
    pub album: PathRules,
}

impl Paths {
    /// The rules of one path.
    pub const fn of(&self, path: Path) -> &PathRules {
        match path {
            Path::Retained => &self.retained,
            Path::Camera => &self.camera,
            Path::Album => &self.album,
        }
    }
}

/// One path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathRules {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Whether people look at the photo before the document is made.
    pub review: bool,
}
