//! Has the user pressed Ctrl-C?

use std::future::Future;
use tokio::sync::watch;

/// Whether the user has pressed Ctrl-C.
#[derive(Debug, Clone)]
pub struct Interrupted(watch::Receiver<bool>);

impl Interrupted {
    /// Listens from now on. A second Ctrl-C ends the program at once.
    pub fn listen() -> Self {
        let (tell, listen) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = tell.send(true);
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                // 128 + SIGINT, as a shell reports it
                std::process::exit(130);
            }
            // without signals there is nothing to listen to, but the channel must not close
            std::future::pending::<()>().await;
        });
        Self(listen)
    }

    /// Resolves once it has happened.
    pub fn happened(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut listen = self.0.clone();
        async move {
            if listen.wait_for(|happened| *happened).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
