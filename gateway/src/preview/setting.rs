//! The owner's configuration as it is previewed: one site of it, by itself, before a small origin that the preview has itself.
//!
//! Refuses everything that reaches out or stays: no webhook, no key, no certificate, no log, no data but in a folder that goes. Invariant:
//! what visitors see of the site is untouched: policy, words, look, languages, regime, prefix.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use http::Uri;

use crate::config::{
    self, Config, FileFault, Front, HostMode, OriginOptions, OtherTool, Records, Regions, SiteConfig, Switches,
};
use crate::proxy::now;

/// Of each file: when it was changed, how long it is, and which it is. None: it isn't there.
pub(super) type Stamps = Vec<(PathBuf, Option<(SystemTime, u64, u64)>)>;

/// What a look at the files gave.
pub(super) struct Looked {
    pub(super) stamps: Stamps,
    /// The configuration to serve, or every fault in the terminal's sentences.
    pub(super) read: Result<Config, Vec<String>>,
}

/// Where the configuration is read, and where its site is served.
#[derive(Debug)]
pub(super) struct Setting {
    file: PathBuf,
    site: Option<String>,
    origin: SocketAddr,
    data: PathBuf,
}

impl Setting {
    pub(super) fn new(file: PathBuf, site: Option<String>, origin: SocketAddr, folder: &Path) -> Self {
        Self { file, site, origin, data: folder.join("data") }
    }

    /// Reads the files.
    pub(super) fn look_now(&self) -> Looked {
        // The stamps first: what changes while it is read is read again.
        let stamps = self.stamps();
        Looked { stamps, read: self.read() }
    }

    /// Reads the files again if one of them has changed.
    pub(super) fn look(&self, before: &Stamps) -> Option<Looked> {
        (self.stamps() != *before).then(|| self.look_now())
    }

    fn stamps(&self) -> Stamps {
        let stamp = |path: &Path| {
            let found = std::fs::metadata(path).ok()?;
            Some((found.modified().ok()?, found.len(), found.ino()))
        };
        config::files(&self.file).into_iter().map(|path| (path.clone(), stamp(&path))).collect()
    }

    fn read(&self) -> Result<Config, Vec<String>> {
        let told = |faults: &[FileFault]| faults.iter().map(config::told).collect::<Vec<_>>();
        let config = config::load(&self.file, now()).map_err(|faults| told(&faults))?;
        if !config.forgiven.is_empty() {
            return Err(told(&config.forgiven));
        }
        let names: Vec<&str> = config.sites.iter().map(|site| site.name.as_str()).collect();
        let wanted = |site: &&SiteConfig| self.site.as_ref().is_none_or(|name| *name == site.name);
        let site = config.sites.iter().find(wanted).cloned().ok_or_else(|| {
            let wanted = self.site.as_deref().unwrap_or_default();
            vec![format!("{}: no site is named \"{wanted}\": write one of {}", self.file.display(), names.join(", "))]
        })?;
        let origin = Uri::try_from(self.url()).map_err(|error| vec![error.to_string()])?;
        Ok(self.alone(config, Self::before(site, origin)))
    }

    fn url(&self) -> String {
        format!("http://{}", self.origin)
    }

    /// A configuration of this site alone.
    fn alone(&self, config: Config, site: SiteConfig) -> Config {
        Config {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            admin: None,
            data: self.data.clone(),
            records: Records::within(&self.data),
            front: Front::default(),
            access_log: None,
            tried_alone: false,
            sites: vec![site],
            ..config
        }
    }

    fn before(site: SiteConfig, origin: Uri) -> SiteConfig {
        let usual = Switches::default();
        let switches = Switches { ask_age: site.switches.ask_age, ..usual };
        SiteConfig {
            hosts: Vec::new(),
            origin,
            origin_ca: None,
            origin_name: None,
            host: HostMode::Origin,
            regions: Regions::everywhere(site.regime),
            origin_key: None,
            guardian_key: None,
            webhooks: Vec::new(),
            // One page for all asks nobody inside a frame.
            cacheable: false,
            shadow: false,
            plain: false,
            hsts: None,
            switches,
            other_tool: OtherTool::default(),
            ..site
        }
    }

    /// What is served while the configuration has faults, and shown to nobody.
    pub(super) fn starter(&self) -> Result<Config, Vec<FileFault>> {
        let options = OriginOptions {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            origin: self.url(),
            policy: None,
            data: self.data.clone(),
            admin: None,
            shadow: false,
            host: Some(HostMode::Origin),
        };
        config::for_origin(options, now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_site_is_shown_alone_and_reaches_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateway.toml");
        let text = "listen = [\"0.0.0.0:443\"]\nadmin = \"127.0.0.1:9900\"\naccess_log = \"a.log\"\n\
             [[sites]]\nname = \"one\"\nhosts = [\"one.example\"]\norigin = \"https://one.example\"\n\
             [[sites]]\nname = \"two\"\nhosts = [\"two.example\"]\norigin = \"https://two.example\"\ncacheable = true\nprefix = \"/c/\"\n\
             [[sites.webhooks]]\nurl = \"https://crm.example/\"\n[sites.look]\naccent = \"#036\"\n";
        std::fs::write(&file, text).unwrap();
        let setting = |site: Option<&str>| {
            Setting::new(file.clone(), site.map(str::to_owned), "127.0.0.1:7".parse().unwrap(), Path::new("/own"))
        };
        let looked = setting(Some("two")).look_now();
        assert!(setting(Some("two")).look(&looked.stamps).is_none(), "nothing has changed");
        let config = looked.read.unwrap();
        assert_eq!(
            (config.listen[0].to_string().as_str(), config.admin, config.access_log),
            ("127.0.0.1:0", None, None)
        );
        let [site] = config.sites.as_slice() else { panic!("one site alone") };
        assert_eq!((site.name.as_str(), site.origin.to_string().as_str()), ("two", "http://127.0.0.1:7/"));
        assert!(site.hosts.is_empty() && site.webhooks.is_empty() && !site.cacheable && site.prefix == "/c/");
        assert!(site.look.sheet().is_some() && config.data == Path::new("/own/data"));
        assert_eq!(setting(None).look_now().read.unwrap().sites[0].name, "one");
        let faults = setting(Some("three")).look_now().read.unwrap_err();
        assert!(faults[0].ends_with("no site is named \"three\": write one of one, two"), "{faults:?}");
        std::fs::write(&file, text.replace("#036", "#0")).unwrap();
        let looked = setting(None).look(&looked.stamps).expect("it has changed");
        assert!(looked.read.unwrap_err()[0].contains("gateway.toml:17: sites[1].look.accent: \"#0\" is no colour"));
    }
}
