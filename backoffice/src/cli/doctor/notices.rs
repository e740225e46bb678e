//! Texts, gateways and signatures of notices, as far as their files tell. Nothing is sent.

use sealwright::config::Config;

use super::Finding;

pub(super) fn examine(config: &Config) -> Finding {
    match sealwright::notices::check(config) {
        Ok(channels) if channels.is_empty() => {
            Finding::warning("notices", "nobody is told anything", "Name a channel in notices.channels.")
        }
        Ok(channels) => Finding::good("notices", channels.join(", ")),
        Err(error) => Finding::bad(
            "notices",
            format!("{error:#}"),
            "Correct it; `sealwright notice list` reads the texts again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    #[test]
    fn channels_need_what_they_need() {
        assert_eq!(examine(&Config::default()).detail, "email");
        for (toml, health) in [
            ("[notices]\nchannels = []", Health::Warning),
            ("[notices]\nchannels = [\"sms\"]", Health::Bad),
            ("[notices]\ntexts = \"no/such/folder\"", Health::Bad),
            ("[mail]\ndkim_key_file = \"no/such/file\"\ndkim_selector = \"a\"", Health::Bad),
        ] {
            let config = Config::from_parts(toml, "test", []).unwrap();
            assert_eq!(examine(&config).health, health, "{toml}");
        }
    }
}
