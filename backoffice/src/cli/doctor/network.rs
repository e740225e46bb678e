//! Whom the server talks to: mail, register, liveness vendor.

use std::path::Path;
use std::time::Duration;

use sealwright::config::Config;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::Finding;
use crate::cli::client::Client;
use crate::cli::connection::{Connection, dev_server as find};

/// How long a neighbour may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let register = ("register", &config.register.url, &config.register.token_file);
    let liveness = ("liveness", &config.liveness.url, &config.liveness.token_file);
    let mut findings = vec![mail(&config.mail.url).await];
    for (name, url, token) in [register, liveness] {
        findings.push(peer(name, url, token.as_deref()).await);
    }
    findings
}

/// Whether the server of `sealwright dev`, whose neighbours live in it, is ready.
pub(super) async fn dev_server(connection: &Connection) -> Finding {
    let todo = "Start `sealwright dev`.";
    let ready = async {
        let client = Client::new(&find(&connection.data)?.url, None)?;
        client.bytes("/readyz").await.map(|_| client.url().to_owned())
    };
    match tokio::time::timeout(PATIENCE, ready).await {
        Ok(Ok(url)) => Finding::good("server", format!("{url} is ready")),
        Ok(Err(failure)) => Finding::warning("server", format!("it does not run: {}", failure.what), todo),
        Err(_) => Finding::bad("server", "it runs, and does not answer", "Stop it and start it again."),
    }
}

/// The mail server's greeting. With TLS from the first byte there is none to see, and a connection must do.
async fn mail(url: &str) -> Finding {
    if url.is_empty() {
        return Finding::bad("mail", "there is no mail server, and applicants hear nothing", "Set mail.url.");
    }
    let Some((host, port, tls)) = address(url) else {
        let todo = "Write it as smtp://host:25 or smtps://user@host:465.";
        return Finding::bad("mail", "mail.url is no address of a mail server", todo);
    };
    let todo = "Check mail.url, the firewall and the mail server; mails wait meanwhile.";
    match tokio::time::timeout(PATIENCE, greeting(&host, port, tls)).await {
        Ok(Ok(greeting)) => Finding::good("mail", format!("{host}:{port} answers {greeting}")),
        Ok(Err(error)) => Finding::bad("mail", format!("{host}:{port}: {error}"), todo),
        Err(_) => {
            Finding::bad("mail", format!("{host}:{port} does not answer in {} s", PATIENCE.as_secs()), todo)
        }
    }
}

fn address(url: &str) -> Option<(String, u16, bool)> {
    let url = reqwest::Url::parse(url).ok()?;
    let (tls, port) = match url.scheme() {
        "smtp" => (false, 25),
        "smtps" => (true, 465),
        _ => return None,
    };
    let host = url.host_str().filter(|host| !host.is_empty())?;
    Some((host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(port), tls))
}

async fn greeting(host: &str, port: u16, tls: bool) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((host, port)).await?;
    if tls {
        return Ok("a connection".into());
    }
    let mut start = [0; 3];
    stream.read_exact(&mut start).await?;
    match &start {
        b"220" => Ok("220".into()),
        other => Err(std::io::Error::other(format!("it greets with {}, not 220", other.escape_ascii()))),
    }
}

/// Any answer will do: what it is asked in earnest needs a licence number.
async fn peer(name: &'static str, url: &str, token: Option<&Path>) -> Finding {
    if url.is_empty() {
        return Finding::bad(name, "it has no address", format!("Set {name}.url."));
    }
    if let Some(Err(error)) = token.map(std::fs::metadata) {
        let todo = format!("Set {name}.token_file to a file that the server can read.");
        return Finding::bad(name, format!("its token cannot be read: {error}"), todo);
    }
    let asked = async {
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        http.get(url).send().await
    };
    match asked.await {
        Ok(reply) if reply.status().as_u16() < 500 => {
            Finding::good(name, format!("it answers ({})", reply.status()))
        }
        Ok(reply) => Finding::warning(name, format!("it answers {}", reply.status()), "Ask whoever runs it."),
        Err(error) => {
            let why =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Finding::bad(
                name,
                format!("it does not answer: {why}"),
                format!("Check {name}.url and the firewall."),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::super::Health;
    use super::*;

    async fn greeted_with(greeting: &'static [u8]) -> Finding {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(greeting).await.unwrap();
        };
        tokio::join!(mail(&url), server).0
    }

    #[tokio::test]
    async fn a_mail_server_is_known_by_its_greeting() {
        assert_eq!(greeted_with(b"220 mail ESMTP\r\n").await.health, Health::Good);
        assert_eq!(greeted_with(b"HTTP/1.1 400\r\n").await.health, Health::Bad);
        assert_eq!(greeted_with(b"22").await.health, Health::Bad);
    }

    #[tokio::test]
    async fn what_has_no_address_is_bad() {
        let findings = examine(&Config::default()).await;
        assert_eq!(findings.len(), 3);
        assert!(findings.iter().all(|finding| finding.health == Health::Bad), "{findings:?}");
    }

    #[test]
    fn addresses_of_mail_servers_are_read() {
        assert_eq!(address("smtp://mail"), Some(("mail".into(), 25, false)));
        assert_eq!(address("smtps://me:pw@mail"), Some(("mail".into(), 465, true)));
        assert_eq!(address("smtp://[::1]:2525"), Some(("::1".into(), 2525, false)));
        assert_eq!(address("http://mail"), None);
        assert_eq!(address("mail:25"), None);
    }
}
