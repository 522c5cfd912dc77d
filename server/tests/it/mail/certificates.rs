//! An authority made for a test, and the certificate that it gave to a mail server on loopback.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let folder = super::folder();
        std::fs::create_dir_all(&folder).unwrap();
        let authority = Self { folder };
        authority.certificate("ca", &["-subj", "/CN=Authority"]);
        authority
    }

    /// The certificate that its clients trust.
    pub fn file(&self) -> String {
        self.folder.join("ca.pem").display().to_string()
    }

    /// A server that is 127.0.0.1.
    pub fn server(&self) -> TlsAcceptor {
        let of = ["-CA", &self.file(), "-CAkey", &self.folder.join("ca.key").display().to_string()]
            .map(str::to_owned);
        let names = ["-subj", "/CN=Catcher", "-addext", "subjectAltName=IP:127.0.0.1"];
        let rest = ["-addext", "basicConstraints=critical,CA:FALSE"];
        let words: Vec<&str> = of.iter().map(String::as_str).chain(names).chain(rest).collect();
        self.certificate("tls", &words);
        let chain = CertificateDer::pem_file_iter(self.folder.join("tls.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.folder.join("tls.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.collect::<Result<_, _>>().unwrap(), key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    fn certificate(&self, name: &str, words: &[&str]) {
        let mut openssl = Command::new("openssl");
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
        openssl.args(["req", "-x509"]).args(key).args(words);
        openssl.arg("-out").arg(self.folder.join(format!("{name}.pem")));
        openssl.arg("-keyout").arg(self.folder.join(format!("{name}.key")));
        let made = openssl.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
}
