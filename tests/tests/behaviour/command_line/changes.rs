//! Changes that concern many phones: waited for, with the phones that could not follow; and who made which.

use anyhow::Result;
use provd_tests::{Home, Said};

const ROGUE: &str = env!("CARGO_BIN_EXE_rogue-plugin");

/// A config, and a phone of this plugin that has a config which inherits from it.
async fn set_up(home: &Home, plugin: &str, mac: &str) -> Result<Said> {
    let parent = ["config", "create", "--parent", "base", "--set", "id=site"];
    assert_eq!(home.provd(&parent).await?.code, Some(0));
    let own = ["config", "create", "--parent", "site", "--set", "id=own"];
    assert_eq!(home.provd(&own).await?.code, Some(0));
    let (plugin, mac) = (format!("plugin={plugin}"), format!("mac={mac}"));
    let device =
        ["device", "create", "--set", "id=phone", "--set", &plugin, "--set", &mac, "--set", "config=own"];
    home.provd(&device).await
}

#[tokio::test]
async fn a_change_is_stored_even_if_a_phone_cannot_follow_it() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let created = set_up(&home, "aastra-3.2.2.1136", "00:11:22:33:44:55").await?;
    assert_eq!(created.code, Some(0), "{created:?}");
    let good = home.provd(&["config", "update", "site", "--set", "raw.admin_password=very-secret"]).await?;
    assert_eq!((good.code, good.out.as_str()), (Some(0), "Config site is updated.\n"), "{good:?}");

    let gone = home.provd(&["device", "update", "phone", "--set", "plugin=gone"]).await?;
    assert!(gone.out.contains("but not configured"), "{gone:?}");
    let bad = home.provd(&["config", "update", "site", "--set", "raw.admin_username=x", "--json"]).await?;
    assert!(bad.code == Some(1) && bad.err.contains("\n  phone: "), "{bad:?}");
    let said: serde_json::Value = serde_json::from_str(&bad.out)?;
    assert_eq!(said["config"]["raw_config"]["admin_username"], "x");

    let audit = home
        .provd(&["audit", "list", "--kind", "config", "--subject", "site", "--since", "1h", "--json"])
        .await?;
    let audit = audit.json()?;
    let actions: Vec<_> =
        audit["audit"].as_array().into_iter().flatten().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["updated", "updated", "created"]);
    assert!(!audit.to_string().contains("very-secret"), "{audit}");
    let listed = home.provd(&["audit", "list", "--since", "2100-01-01"]).await?;
    assert_eq!(listed.out, "No such changes are recorded.\n");
    drop(server);
    Ok(())
}

#[tokio::test]
async fn a_change_that_takes_long_is_followed_to_its_end() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    home.add_program("rogue-configure", &[ROGUE, "hangs-in", "configure"])?;
    let server = home.start().await?;
    server.ready("rogue-configure").await?;
    set_up(&home, "rogue-configure", "00:aa:bb:cc:dd:ee").await?;
    let update = ["config", "update", "site", "--set", "raw.admin_username=x"];
    let said = home.provd(&update).await?;
    assert!(said.code == Some(1) && said.out == "Config site is updated.\n", "{said:?}");
    assert!(said.err.contains("\n  phone: "), "{said:?}");
    let listed = home.provd(&["operation", "list"]).await?;
    assert!(listed.out.contains("fail") && listed.out.contains("1/1"), "{listed:?}");
    Ok(())
}

#[tokio::test]
async fn a_phone_that_cannot_be_told_is_named() -> Result<()> {
    let home = Home::with_families(&["aastra"])?;
    let server = home.start().await?;
    let created = set_up(&home, "aastra-3.2.2.1136", "00:11:22:33:44:55").await?;
    assert_eq!(created.code, Some(0), "{created:?}");
    let one = home.provd(&["device", "synchronize", "00:11:22:33:44:55"]).await?;
    assert!(one.code == Some(1) && one.err.contains("synchronize device phone: "), "{one:?}");
    let many = home
        .provd(&["device", "synchronize", "--outdated", "--plugin", "aastra-3.2.2.1136", "--json"])
        .await?;
    assert!(many.code == Some(1) && many.err.contains("1 of 1"), "{many:?}");
    let said: serde_json::Value = serde_json::from_str(&many.out)?;
    assert_eq!(said["failures"][0]["device"], "phone");
    let all = ["device", "synchronize", "--all", "--at-once", "1", "--pause", "0.1", "--no-wait", "--json"];
    let number = home.provd(&all).await?.json()?["number"].to_string();
    let watched = home.provd(&["operation", "watch", &number]).await?;
    assert!(watched.code == Some(1) && watched.err.contains("\n  phone: "), "{watched:?}");
    let shown = home.provd(&["operation", "show", &number, "--json"]).await?.json()?;
    assert_eq!((&shown["state"], shown["failed"].as_u64()), (&"fail".into(), Some(1)));
    let none = home.provd(&["device", "synchronize", "--where", "model=none"]).await?;
    assert_eq!(none.code, Some(0), "{none:?}");
    let unknown = home.provd(&["device", "synchronize", "nobody"]).await?;
    assert!(unknown.code == Some(1) && unknown.err.contains("nobody"), "{unknown:?}");
    drop(server);
    Ok(())
}
