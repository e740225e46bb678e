//! An office's own texts.

use std::path::Path;

use sealwright_workflows::application;
use sealwright_workflows::office::notices::{Rendered, Texts};
use sealwright_workflows::policy::{Locale, Policy};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).expect("a file");
    }
    folder
}

fn expired(folder: &Path, locale: Locale) -> Rendered {
    let texts = Texts::from_folder(folder).expect("they can be used");
    texts.render(&application::Notice::Expired.into(), locale, "Test A", &Policy::default())
}

fn refused(file: &str, content: &str) -> String {
    let own = folder(&[(file, content)]);
    Texts::from_folder(own.path()).err().unwrap_or_else(|| panic!("{content} is taken")).to_string()
}

#[test]
fn what_the_folder_names_is_changed_and_nothing_else() {
    let own = folder(&[
        (
            "en.ftl",
            "-office = The Office\nclosing = Yours, { -office }.\nexpired = It is over\n    .text =\n        First.\n\n        Second { \"{\" }.\n    .short = Over.\n",
        ),
        ("letter.html", "<html lang={{lang}}><h1>{{ subject }}</h1><main>{{content}}</main></html>"),
        (".hidden", "an editor's"),
    ]);
    let letter = expired(own.path(), Locale::En);
    assert_eq!(letter.text, "Dear Test A,\n\nFirst.\n\nSecond {.\n\nYours, The Office.\n");
    assert_eq!((letter.subject.as_str(), letter.short.as_str()), ("It is over", "Over."));
    assert_eq!(
        letter.html,
        "<html lang=en><h1>It is over</h1><main><p>Dear Test A,</p>\n<p>First.</p>\n<p>Second {.</p>\n\
         <p>Yours, The Office.</p>\n</main></html>"
    );
    let shipped = Texts::shipped();
    let chinese =
        shipped.render(&application::Notice::Expired.into(), Locale::Zh, "Test A", &Policy::default());
    assert_eq!(expired(own.path(), Locale::Zh).text, chinese.text);
}

#[test]
fn mistakes_are_found_at_the_start_and_named() {
    let rows = [
        ("en.ftl", "expird = Over", "no message `expird`"),
        ("en.ftl", "expired = Over", "lacks `.text`"),
        ("en.ftl", "expired = Over\n    .text = Over", "lacks `.short`"),
        ("en.ftl", "expired =\n    .text = Over\n    .short = Over", "has no value"),
        ("zh.ftl", "expired = { $name }\n    .text = x\n    .short = x", "no variable `$name`; it has none"),
        ("en.ftl", "issued = x\n    .text = { $verson }\n    .short = x", "`$verson`; it has version"),
        ("en.ftl", "closing = x\n    .text = x", "`.text` that nobody reads"),
        ("en.ftl", "expired = x\n    .text = x\n    .shrt = x\n    .short = x", "`.shrt` that nobody reads"),
        ("en.ftl", "closing = { NUMBER(1) }", "no functions"),
        ("en.ftl", "closing = { greeting }", "must be a term"),
        ("en.ftl", "closing = { -nobody }", "-nobody, which is not there"),
        ("en.ftl", "-a = { -a }\nclosing = { -a }", "-a, which is not there"),
        ("en.ftl", "closing = { \"\" }", "empty text"),
        ("en.ftl", "closing = x\nclosing = y", "twice"),
        ("en.ftl", "closing = {", "line 1"),
        (
            "en.ftl",
            "delayed = x\n    .text = { $about ->\n       *[other] { $abuot }\n    }\n    .short = x",
            "`$abuot`; it has about",
        ),
        ("letter.html", "<p>no place</p>", "{{content}} must stand in it once"),
        ("letter.html", "{{content}}{{content}}", "{{content}} must stand in it once"),
        ("letter.html", "{{content}}{{nam}}", "no place `{{nam}}`"),
        ("letter.html", "{{content", "without its `}}`"),
        ("en-GB.ftl", "closing = x", "nobody reads `en-GB.ftl`"),
    ];
    for (file, content, why) in rows {
        let refused = refused(file, content);
        assert!(refused.contains(why), "{content}: {refused}");
    }
    let both = refused("en.ftl", "expird = x\nclosng = x");
    assert!(both.contains("expird") && both.contains("closng"), "all at once: {both}");
    let large = "# ".repeat(200_000);
    assert!(refused("en.ftl", &large).contains("bytes"));
    assert!(Texts::from_folder(Path::new("no/such/folder")).is_err());
}
