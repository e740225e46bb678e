//! Why a photo is not taken in, for the person who sent it.

/// A refusal at intake: certain, immediate, and something the sender can do about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.in_english())]
pub enum PhotoRefused {
    /// More bytes than the limit.
    TooLarge {
        /// Bytes sent.
        bytes: usize,
        /// Bytes admitted.
        limit: usize,
    },
    /// Neither a JPEG nor a PNG, nor anything else we recognise.
    NotAnImage,
    /// A picture or document of another format.
    OtherFormat(&'static str),
    /// More than one picture in the file.
    Animated,
    /// Damaged, cut off or of a kind that no camera writes. The text is the decoder's, for the log.
    Undecodable(String),
    /// More pixels, or more memory for them, than the limit.
    TooManyPixels {
        /// Width the file declares.
        width: u32,
        /// Height the file declares.
        height: u32,
        /// Pixels admitted.
        limit: u64,
    },
    /// Narrower than the rule.
    TooSmall {
        /// Width, upright.
        width: u32,
        /// Least width.
        min_width: u32,
    },
    /// Too broad or too narrow for its height.
    WrongRatio {
        /// Width, upright.
        width: u32,
        /// Height, upright.
        height: u32,
        /// The ratio it must exceed.
        above: (u32, u32),
        /// The ratio it must stay below.
        below: (u32, u32),
    },
}

impl PhotoRefused {
    /// Every code, for catalogues and documentation.
    pub const CODES: [&str; 8] = [
        "too-large",
        "not-an-image",
        "other-format",
        "animated",
        "undecodable",
        "too-many-pixels",
        "too-small",
        "wrong-ratio",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            PhotoRefused::TooLarge { .. } => "too-large",
            PhotoRefused::NotAnImage => "not-an-image",
            PhotoRefused::OtherFormat(_) => "other-format",
            PhotoRefused::Animated => "animated",
            PhotoRefused::Undecodable(_) => "undecodable",
            PhotoRefused::TooManyPixels { .. } => "too-many-pixels",
            PhotoRefused::TooSmall { .. } => "too-small",
            PhotoRefused::WrongRatio { .. } => "wrong-ratio",
        }
    }

    /// What, why and what to do, in English.
    pub fn in_english(&self) -> String {
        match self {
            PhotoRefused::TooLarge { bytes, limit } => format!(
                "The file is too large: {} of at most {} MB. Save the photo with fewer pixels or stronger compression and send it again.",
                megabytes(*bytes),
                megabytes(*limit)
            ),
            PhotoRefused::NotAnImage => {
                "This is not a photo: the file is neither JPEG nor PNG. Choose the photo itself and send it again.".into()
            }
            PhotoRefused::OtherFormat(format) => format!(
                "This format cannot be taken: the file is {format}, and only JPEG and PNG are. Save the photo as JPEG and send it again."
            ),
            PhotoRefused::Animated => {
                "The file holds more than one picture: a licence shows one. Save a single picture as JPEG and send it again.".into()
            }
            PhotoRefused::Undecodable(_) => {
                "The photo cannot be opened: the file is damaged or not complete. Send it again; if that fails too, save it anew as JPEG.".into()
            }
            PhotoRefused::TooManyPixels { width, height, limit } => format!(
                "The photo has too many pixels: {width} × {height}, and at most {} million are taken. Make it smaller, for example 1040 pixels wide, and send it again.",
                limit / 1_000_000
            ),
            PhotoRefused::TooSmall { width, min_width } => format!(
                "The photo is too small: {width} pixels wide, and a face can be recognised from {min_width} on. Take it from nearer or send the original instead of a reduced copy."
            ),
            PhotoRefused::WrongRatio { width, height, above, below } => format!(
                "The photo has the wrong shape: {width} × {height}, and the licence needs width to height between {}:{} and {}:{}. Cut it, for example to {} × {height}, and send it again.",
                above.0,
                above.1,
                below.0,
                below.1,
                middle_width(*height, *above, *below)
            ),
        }
    }

    /// What, why and what to do, in Simplified Chinese.
    pub fn in_chinese(&self) -> String {
        match self {
            PhotoRefused::TooLarge { bytes, limit } => format!(
                "文件过大：{} MB，上限为 {} MB。请减小照片尺寸或提高压缩率后重新上传。",
                megabytes(*bytes),
                megabytes(*limit)
            ),
            PhotoRefused::NotAnImage => {
                "这不是照片：文件既不是 JPEG 也不是 PNG。请选择照片文件后重新上传。".into()
            }
            PhotoRefused::OtherFormat(format) => {
                format!("不支持该格式：文件为 {format}，仅接受 JPEG 和 PNG。请将照片另存为 JPEG 后重新上传。")
            }
            PhotoRefused::Animated => {
                "文件中有多幅图像：驾驶证只使用一张照片。请将其中一幅另存为 JPEG 后重新上传。".into()
            }
            PhotoRefused::Undecodable(_) => {
                "照片无法打开：文件已损坏或不完整。请重新上传；如仍失败，请另存为新的 JPEG 文件。".into()
            }
            PhotoRefused::TooManyPixels { width, height, limit } => format!(
                "照片像素过多：{width} × {height}，上限为 {} 万像素。请缩小照片（例如宽 1040 像素）后重新上传。",
                limit / 10_000
            ),
            PhotoRefused::TooSmall { width, min_width } => format!(
                "照片过小：宽 {width} 像素，至少需要 {min_width} 像素才能看清面部。请靠近拍摄，或上传原图而非缩略图。"
            ),
            PhotoRefused::WrongRatio { width, height, above, below } => format!(
                "照片比例不符：{width} × {height}，宽高比须大于 {}:{} 且小于 {}:{}。请裁剪（例如裁为 {} × {height}）后重新上传。",
                above.0,
                above.1,
                below.0,
                below.1,
                middle_width(*height, *above, *below)
            ),
        }
    }
}

/// With one decimal, rounded up, so that a file just over the limit is not said to have its size.
fn megabytes(bytes: usize) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1024 * 1024);
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn middle_width(height: u32, above: (u32, u32), below: (u32, u32)) -> u64 {
    let width = |(w, h): (u32, u32)| u64::from(height) * u64::from(w) / u64::from(h.max(1));
    (width(above) + width(below)).div_ceil(2)
}
