use sealwright_credentials::mdoc::MdlNames;

use super::sample::{Sample, content};

#[test]
fn a_chinese_name_is_split_after_its_surname_and_no_other_is_guessed_at() {
    let mut sample = Sample::new();
    for (name, family, given) in [
        ("王小明", "WANG", "XIAOMING"),
        ("欧阳建国", "OUYANG", "JIANGUO"),
        ("欧阳", "OU", "YANG"),
        ("欧阳修", "OUYANG", "XIU"),
        ("单雄信", "SHAN", "XIONGXIN"),
    ] {
        sample.content.name = name.into();
        sample.names = MdlNames::of_chinese(&sample.content).expect(name);
        assert_eq!((sample.names.family_name.as_str(), sample.names.given_name.as_str()), (family, given));
        assert_eq!(sample.names.nationality.as_deref(), Some("CN"));
        sample.prepare().expect("its parts are the name");
    }
    for name in ["王", "买买提·吐尔逊", "Zoë Smith", "王小明明明", "\u{20BB7}小明", ""] {
        sample.content.name = name.into();
        assert_eq!(MdlNames::of_chinese(&sample.content), None, "{name}");
    }
    let spelled = |nationality: &str| {
        let content = sealwright_credentials::Content { nationality: nationality.into(), ..content() };
        MdlNames::of_chinese(&content).expect("a name").nationality
    };
    assert_eq!((spelled("DE").as_deref(), spelled("德国")), (Some("DE"), None));
}
