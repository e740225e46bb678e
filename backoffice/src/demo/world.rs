//! What the scenes share: the server, who is known, what was issued, which mails are expected.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sealwright::dev::DevFile;
use sealwright_credentials::Es256Signer;

use super::UNDO_WINDOW;
use super::cast::{self, Somebody};
use super::server::{Plan, Server};
use super::wait::wrong;
use crate::cli::client::{Client, fresh_key};
use crate::cli::exit::{Exit, Failure};

/// What the scenes share.
pub(super) struct World {
    folder: PathBuf,
    server: Option<Server>,
    port: u16,
    /// Every licence that was issued.
    pub(super) issued: Vec<Issued>,
    /// The key of a holder's wallet, and their licence.
    pub(super) wallet: Option<(Es256Signer, String)>,
    /// Every mail that must have come.
    pub(super) mails: Vec<(String, &'static str)>,
}

/// A licence that was issued.
#[derive(Clone)]
pub(super) struct Issued {
    /// The holder's own client.
    pub(super) holder: Client,
    /// The licence.
    pub(super) licence: String,
    /// The holder's number, which the code must contain.
    pub(super) number: String,
    /// The serial that the application shows.
    pub(super) serial: String,
    /// The digest of the reviewed photo, as the upload answered it; none for the register's own.
    pub(super) photo: Option<String>,
}

/// The demo's folder. It goes away with this value, unless it is kept: also when the play is interrupted.
pub(super) struct Folder {
    path: PathBuf,
    /// Whether it stays.
    pub(super) keep: bool,
}

impl Folder {
    /// Makes it.
    pub(super) fn make(named: Option<PathBuf>) -> Result<Self, Failure> {
        let path = match named {
            Some(path) => path,
            None => std::env::temp_dir().join(format!("sealwright-demo-{}", &fresh_key()?[..12])),
        };
        let made =
            std::fs::DirBuilder::new().mode(0o700).create(&path).and_then(|()| std::path::absolute(&path));
        let path = made.map_err(|error| {
            let what = format!("the demo's folder {} cannot be made", path.display());
            let todo = "Give --folder with a new folder in one that you can write to.";
            Failure::new(Exit::Usage, "folder", what, todo).because(error)
        })?;
        Ok(Self { path, keep: false })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.keep {
            // Nothing of value: what cannot be removed is swept up by whoever sweeps temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

impl World {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            server: None,
            port: 0,
            issued: Vec::new(),
            wallet: None,
            mails: Vec::new(),
        }
    }

    /// Starts the server, on the port of the one before.
    pub(super) async fn start(&mut self, signing_delay: Option<Duration>) -> Result<(), Failure> {
        let plan =
            Plan { folder: self.folder.clone(), port: self.port, undo_window: UNDO_WINDOW, signing_delay };
        let server = Server::start(&plan).await?;
        let port = reqwest::Url::parse(&server.dev.url).ok().and_then(|url| url.port());
        self.port = port.ok_or_else(|| wrong(format!("`{}` has no port", server.dev.url)))?;
        self.server = Some(server);
        Ok(())
    }

    /// Takes the server away, to stop or kill it.
    pub(super) fn take_server(&mut self) -> Result<Server, Failure> {
        self.server.take().ok_or_else(no_server)
    }

    /// Whether the play can go on.
    pub(super) fn has_server(&self) -> bool {
        self.server.is_some()
    }

    /// Where the server is and which keys it has.
    pub(super) fn dev(&self) -> Result<&DevFile, Failure> {
        self.server.as_ref().map(|server| &server.dev).ok_or_else(no_server)
    }

    /// A client with one of the server's keys.
    pub(super) fn client(&self, key: impl FnOnce(&DevFile) -> &String) -> Result<Client, Failure> {
        let dev = self.dev()?;
        Client::new(&dev.url, Some(key(dev)))
    }

    /// Who plays this part.
    pub(super) async fn casting(&self, part: &str) -> Result<Somebody, Failure> {
        cast::find(part, &self.dev()?.sandbox.register_admin_url).await
    }

    /// Ends the play: the server stops, and nobody minds how.
    pub(super) async fn end(self) {
        if let Some(server) = self.server {
            let _ = server.stop().await;
        }
    }
}

fn no_server() -> Failure {
    wrong("there is no server any more")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_folder_is_private_and_new_and_goes_away() {
        let made = Folder::make(None).unwrap();
        let path = made.path().to_owned();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(path.is_absolute());
        let again = Folder::make(Some(path.clone()));
        assert_eq!(again.err().unwrap().exit, Exit::Usage, "one that exists is refused");
        assert!(path.exists(), "and left alone");
        drop(made);
        assert!(!path.exists());

        let mut kept = Folder::make(None).unwrap();
        kept.keep = true;
        let path = kept.path().to_owned();
        drop(kept);
        assert!(path.exists());
        std::fs::remove_dir(path).unwrap();
    }
}
