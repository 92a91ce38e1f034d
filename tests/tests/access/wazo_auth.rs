//! Tokens of wazo-auth.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Result;
use provd_tests::wazo_auth::{MASTER, SERVICE, WazoAuth};
use provd_tests::{Home, eventually};

use crate::caller::{self, Caller, add_devices};

const ACME: &str = "5a7e0f5c-6b1d-4e8f-9d1e-00000000000a";
/// A tenant below it.
const BRANCH: &str = "5a7e0f5c-6b1d-4e8f-9d1e-00000000000b";
const OTHERS: &str = "5a7e0f5c-6b1d-4e8f-9d1e-00000000000c";
const READ: &[&str] = &["confd.#", "provd.#.read"];

async fn wazo_auth() -> Result<WazoAuth> {
    let wazo_auth = WazoAuth::start().await?;
    for (tenant, above) in [(ACME, MASTER), (BRANCH, ACME), (OTHERS, MASTER)] {
        wazo_auth.add_tenant(tenant, above);
    }
    wazo_auth.add_token("alice", ACME, READ);
    Ok(wazo_auth)
}

fn home(wazo_auth: &WazoAuth, more: &str) -> Result<Home> {
    let port = wazo_auth.web.address().port();
    let home = caller::home(&format!(
        "[access]\nverifier = 'wazo-auth'\n[access.wazo_auth]\nhost = '127.0.0.1'\nport = {port}\n\
         key_file = 'key.yml'\n{more}"
    ))?;
    let key = format!("service_id: {}\nservice_key: {}\n", SERVICE.0, SERVICE.1);
    fs::write(home.root().join("key.yml"), key)?;
    Ok(home)
}

#[tokio::test]
async fn wazo_auth_says_who_comes_in() -> Result<()> {
    let wazo_auth = wazo_auth().await?;
    let home = home(&wazo_auth, "")?;
    let server = home.start().await?;
    wazo_auth.add_token("bob", ACME, &["confd.#", "provd.#.read", "!provd.dev_mgr.devices.#"]);
    let status = async |token: &str| Caller::new(&server, token).status().await;
    assert_eq!(status("alice").await?, 200);
    for refused in ["bob", "carol", "", "../tenants", "alice?scope=", "alice%00"] {
        assert_eq!(status(refused).await?, 401, "{refused}");
    }
    assert_eq!(status(server.api().token()).await?, 200, "the administrator's own token");
    let log = server.log()?;
    assert!(!log.contains("alice") && !log.contains(SERVICE.1), "a secret in the log");
    Ok(())
}

#[tokio::test]
async fn who_asks_often_or_at_once_has_wazo_auth_asked_once() -> Result<()> {
    let wazo_auth = wazo_auth().await?;
    let home = home(&wazo_auth, "cache_seconds = 60\n")?;
    let server = home.start().await?;
    let alice = Caller::new(&server, "alice");
    let calls = (0..20).map(|_| {
        tokio::spawn({
            let alice = alice.clone();
            async move { alice.status().await }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await??, 200);
    }
    assert_eq!(wazo_auth.asked("/0.1/token/alice?{\"scope\": \"provd.dev_mgr.devices.read\"}"), 1);
    assert_eq!(wazo_auth.asked("/0.1/tenants"), 1);
    Ok(())
}

#[tokio::test]
async fn a_revoked_token_is_believed_no_longer_than_the_settings_say() -> Result<()> {
    let wazo_auth = wazo_auth().await?;
    let home = home(&wazo_auth, "cache_seconds = 3\n")?;
    let server = home.start().await?;
    let alice = Caller::new(&server, "alice");
    assert_eq!(alice.status().await?, 200);
    wazo_auth.revoke("alice");
    let revoked = Instant::now();
    eventually("alice to be refused", || async { Ok((alice.status().await? == 401).then_some(())) }).await?;
    // Some time for a slow machine; the believing itself has a unit test with exact time.
    assert!(revoked.elapsed() < Duration::from_secs(8), "{:?}", revoked.elapsed());
    wazo_auth.add_token("alice", ACME, READ);
    eventually("alice to be let in", || async { Ok((alice.status().await? == 200).then_some(())) }).await
}

#[tokio::test]
async fn a_tenant_sees_itself_and_what_is_below_it() -> Result<()> {
    let wazo_auth = wazo_auth().await?;
    let home = home(&wazo_auth, "")?;
    let server = home.start().await?;
    wazo_auth.add_token("root", MASTER, READ);
    add_devices(&server, &[ACME, BRANCH, OTHERS]).await?;
    let alice = Caller::new(&server, "alice");
    let recursively = |caller: &Caller| {
        let caller = caller.clone();
        async move {
            Ok::<_, anyhow::Error>(
                caller.get("/0.2/dev_mgr/devices?recurse=true").await?.ok()?["devices"]
                    .as_array()
                    .map_or(0, Vec::len),
            )
        }
    };
    assert_eq!(alice.devices().await?, [ACME]);
    assert_eq!(recursively(&alice).await?, 2);
    assert_eq!(alice.of(BRANCH).devices().await?, [BRANCH]);
    assert_eq!(alice.of(OTHERS).status().await?, 401);
    assert_eq!(alice.of(MASTER).status().await?, 401);
    let root = Caller::new(&server, "root");
    assert_eq!(recursively(&root).await?, 3);
    assert_eq!(root.of(OTHERS).devices().await?, [OTHERS]);
    Ok(())
}

#[tokio::test]
async fn without_the_right_to_list_tenants_only_the_own_is_seen() -> Result<()> {
    let wazo_auth = wazo_auth().await?;
    wazo_auth.forbid_listing();
    let home = home(&wazo_auth, "")?;
    let server = home.start().await?;
    let alice = Caller::new(&server, "alice");
    assert_eq!(alice.status().await?, 200);
    assert_eq!(alice.of(BRANCH).status().await?, 401);
    assert_eq!(wazo_auth.asked("/0.1/token?") + wazo_auth.asked("/0.1/tokens"), 0);
    Ok(())
}

#[tokio::test]
async fn the_server_renews_its_own_token_when_wazo_auth_forgot_it() -> Result<()> {
    let wazo_auth = wazo_auth().await?;
    let home = home(&wazo_auth, "")?;
    let server = home.start().await?;
    assert_eq!(Caller::new(&server, server.api().token()).status().await?, 200, "its login is known now");
    wazo_auth.revoke_services();
    assert_eq!(Caller::new(&server, "alice").of(BRANCH).status().await?, 200);
    Ok(())
}

#[tokio::test]
async fn while_wazo_auth_is_silent_or_away_nobody_comes_in() -> Result<()> {
    let mut wazo_auth = wazo_auth().await?;
    let home = home(&wazo_auth, "timeout_seconds = 1\ncache_seconds = 1\n")?;
    let server = home.start().await?;
    let alice = Caller::new(&server, "alice");
    assert_eq!(alice.status().await?, 200);

    wazo_auth.web.be_silent(true);
    let asked = Instant::now();
    let look = || async { Ok(Some(alice.get(caller::DEVICES).await?).filter(|reply| reply.status != 200)) };
    let refused = eventually("alice to be refused", look).await?;
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert!(
        refused.text.contains("wazo-auth at 127.0.0.1") && refused.text.contains("within 1 s"),
        "{refused:?}"
    );
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(Caller::new(&server, "mallory").status().await?, 503);

    wazo_auth.web.be_silent(false);
    eventually("alice to be let in", || async { Ok((alice.status().await? == 200).then_some(())) }).await?;

    wazo_auth.web.leave().await;
    let look = || async {
        Ok(Some(alice.get(caller::DEVICES).await?).filter(|reply| reply.text.contains("reached")))
    };
    assert_eq!(eventually("alice to be refused", look).await?.status, 503);
    assert_eq!(
        Caller::new(&server, server.api().token()).status().await?,
        200,
        "the administrator's own token"
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_wazo_auth_does_not_know_says_so() -> Result<()> {
    let wazo_auth = wazo_auth().await?;
    let home = home(&wazo_auth, "")?;
    fs::write(home.root().join("key.yml"), "service_id: provd\nservice_key: outdated\n")?;
    let server = home.start().await?;
    let refused = Caller::new(&server, "alice").get(caller::DEVICES).await?;
    assert_eq!(refused.status, 503);
    assert!(refused.text.contains("check its name and password"), "{}", refused.text);
    assert!(!refused.text.contains("outdated"));
    Ok(())
}
