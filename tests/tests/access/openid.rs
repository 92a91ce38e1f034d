//! Tokens of an OpenID provider.

use std::fs;

use anyhow::Result;
use provd_tests::openid::{Key, OpenIdProvider, encoded, now};
use provd_tests::{Home, eventually};
use serde_json::{Value, json};

use crate::caller::{self, Caller, add_devices};

const ACME: &str = "5a7e0f5c-6b1d-4e8f-9d1e-00000000000a";
/// A tenant below it.
const BRANCH: &str = "5a7e0f5c-6b1d-4e8f-9d1e-00000000000b";
const OTHERS: &str = "5a7e0f5c-6b1d-4e8f-9d1e-00000000000c";

fn home(provider: &OpenIdProvider, more: &str) -> Result<Home> {
    let issuer = provider.issuer();
    caller::home(&format!(
        "[access]\nverifier = 'oidc'\n[access.oidc]\nissuer = '{issuer}'\naudience = 'provd'\n\
         tenant_claim = 'tenant'\nleeway_seconds = 5\ntimeout_seconds = 1\n{more}\n\
         [access.oidc.permissions]\nreader = ['provd.#.read']\nadmin = ['provd.#']\n"
    ))
}

fn good(provider: &OpenIdProvider) -> Value {
    provider.claims("openid reader", ACME)
}

#[tokio::test]
async fn tokens_of_every_accepted_algorithm_come_in() -> Result<()> {
    let (rsa, p256, p384, ed) = (Key::rsa("a")?, Key::p256("b")?, Key::p384("c")?, Key::ed25519("d")?);
    let provider = OpenIdProvider::start(&[&rsa, &p256, &p384, &ed], false).await?;
    let home = home(&provider, "")?;
    let server = home.start().await?;
    let of_rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map(|algorithm| (&rsa, algorithm));
    for (key, algorithm) in of_rsa.into_iter().chain([(&p256, "ES256"), (&p384, "ES384"), (&ed, "EdDSA")]) {
        let token = key.token(algorithm, &good(&provider))?;
        assert_eq!(Caller::new(&server, &token).status().await?, 200, "{algorithm}");
    }
    assert_eq!(provider.asked_for_keys(), 1);
    assert_eq!(
        server.api().with_token(&rsa.token("RS256", &good(&provider))?).get(caller::DEVICES).await?.status,
        200
    );
    Ok(())
}

#[tokio::test]
async fn tokens_for_others_of_others_or_of_another_time_are_refused() -> Result<()> {
    let key = Key::p256("a")?;
    let provider = OpenIdProvider::start(&[&key], false).await?;
    let home = home(&provider, "")?;
    let server = home.start().await?;
    let status = async |name: &str, value: Value| {
        let mut claims = good(&provider);
        claims[name] = value;
        Caller::new(&server, &key.token("ES256", &claims)?).status().await
    };
    for (name, value) in [
        ("aud", json!("provd")),
        ("iat", json!("yesterday")),
        ("exp", json!(now() + 1)),
        ("scope", json!(["reader"])),
    ] {
        assert_eq!(status(name, value.clone()).await?, 200, "{name}: {value}");
    }
    for (name, value) in [
        ("aud", json!("account")),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("iss", json!("https://id.example.org")),
        ("iss", json!(format!("{}/", provider.issuer()))),
        ("iss", json!(null)),
        ("exp", json!(now() - 10)),
        ("exp", json!(null)),
        ("exp", json!("never")),
        ("nbf", json!(now() + 60)),
        ("nbf", json!(null)),
        ("scope", json!("openid")),
        ("scope", json!(null)),
        ("scope", json!("provd.#")),
        ("tenant", json!(null)),
        ("tenant", json!("acme")),
    ] {
        assert_eq!(status(name, value.clone()).await?, 401, "{name}: {value}");
    }
    Ok(())
}

#[tokio::test]
async fn tokens_that_the_provider_did_not_sign_are_refused() -> Result<()> {
    let (key, forger) = (Key::p256("a")?, Key::p256("a")?);
    let rsa = Key::rsa("rsa")?;
    let provider = OpenIdProvider::start(&[&key, &rsa], false).await?;
    let home = home(&provider, "")?;
    let server = home.start().await?;
    let (claims, admin) = (good(&provider), provider.claims("admin", ACME));
    let genuine = key.token("ES256", &claims)?;
    assert_eq!(Caller::new(&server, &genuine).status().await?, 200);
    let (head, rest) = genuine.split_once('.').unwrap();
    let signature = rest.split_once('.').unwrap().1;
    let header = |document: Value| key.token_with(&document, "ES256", &claims);
    let with_own_key = json!({"alg": "ES256", "kid": "a", "jwk": forger.public()});
    for (forged, how) in [
        (forger.token("ES256", &claims)?, "another key with the same id"),
        (format!("{head}.{}.{signature}", encoded(admin.to_string())), "other claims"),
        (format!("{}.{}.", encoded(json!({"alg": "none"}).to_string()), encoded(claims.to_string())), "none"),
        (header(json!({"alg": "HS256", "kid": "a"}))?, "a shared secret"),
        (header(json!({"alg": "RS256", "kid": "rsa"}))?, "another algorithm"),
        (header(json!({"alg": "ES384", "kid": "a"}))?, "another curve"),
        (
            header(json!({"alg": "ES256", "kid": "a", "crit": ["b64"], "b64": true}))?,
            "what must be understood",
        ),
        (forger.token_with(&with_own_key, "ES256", &claims)?, "a key it brings itself"),
        (header(json!({"alg": "ES256", "kid": "other"}))?, "a key for encryption"),
        (genuine.trim_end_matches(|_| true).to_owned(), "nothing"),
        (format!("{head}.{rest}.{rest}"), "more parts"),
        (format!("{genuine}="), "padding"),
        ("a.b.c".to_owned(), "no JSON"),
        ("x".repeat(7000), "no token"),
    ] {
        assert_eq!(Caller::new(&server, &forged).status().await?, 401, "{how}");
    }
    let log = server.log()?;
    assert!(!log.contains(signature), "a token in the log");
    Ok(())
}

#[tokio::test]
async fn a_new_key_is_learned_and_a_withdrawn_one_forgotten() -> Result<()> {
    let (old, new) = (Key::p256("old")?, Key::ed25519("new")?);
    let provider = OpenIdProvider::start(&[&old], false).await?;
    let home = home(&provider, "")?;
    let server = home.start().await?;
    let status = async |key: &Key, algorithm| {
        Caller::new(&server, &key.token(algorithm, &good(&provider))?).status().await
    };
    assert_eq!(status(&old, "ES256").await?, 200);
    for _ in 0..10 {
        assert_eq!(status(&new, "EdDSA").await?, 401);
    }
    assert_eq!(provider.asked_for_keys(), 1, "whoever makes up keys does not have the provider flooded");
    provider.publish(&[&new]);
    eventually("the new key", || async { Ok((status(&new, "EdDSA").await? == 200).then_some(())) }).await?;
    assert_eq!(status(&old, "ES256").await?, 401);
    Ok(())
}

#[tokio::test]
async fn while_the_provider_is_away_only_keys_that_are_known_count() -> Result<()> {
    let (key, other) = (Key::p256("a")?, Key::p256("b")?);
    let mut provider = OpenIdProvider::start(&[&key], false).await?;
    let home = home(&provider, "")?;
    let server = home.start().await?;
    provider.web.be_silent(true);
    let token = key.token("ES256", &good(&provider))?;
    let refused = Caller::new(&server, &token).get(caller::DEVICES).await?;
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert!(refused.text.contains("within 1 s"), "{}", refused.text);
    assert_eq!(
        Caller::new(&server, server.api().token()).status().await?,
        200,
        "the administrator's own token"
    );

    provider.web.be_silent(false);
    let let_in = || async { Ok((Caller::new(&server, &token).status().await? == 200).then_some(())) };
    eventually("the provider to be asked again", let_in).await?;

    provider.web.leave().await;
    assert_eq!(Caller::new(&server, &token).status().await?, 200);
    let unknown = other.token("ES256", &good(&provider))?;
    let look = || async { Ok((Caller::new(&server, &unknown).status().await? == 503).then_some(())) };
    eventually("the provider to be missed", look).await?;
    assert_eq!(Caller::new(&server, &token).status().await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_provider_with_another_name_is_not_believed() -> Result<()> {
    let key = Key::p256("a")?;
    let provider = OpenIdProvider::start(&[&key], false).await?;
    let home = home(&provider, "")?;
    let server = home.start().await?;
    provider.call_itself("https://id.example.org");
    let reply = Caller::new(&server, &key.token("ES256", &good(&provider))?).get(caller::DEVICES).await?;
    assert_eq!(reply.status, 503);
    assert!(reply.text.contains("calls itself `https://id.example.org`"), "{}", reply.text);
    Ok(())
}

#[tokio::test]
async fn over_tls_a_provider_is_held_to_its_certificate() -> Result<()> {
    let key = Key::p256("a")?;
    let provider = OpenIdProvider::start(&[&key], true).await?;
    let token = key.token("ES256", &good(&provider))?;

    let without = home(&provider, "")?;
    let stranger = without.start().await?;
    let refused = Caller::new(&stranger, &token).get(caller::DEVICES).await?;
    assert_eq!(refused.status, 503);
    assert!(refused.text.contains("TLS"), "{}", refused.text);

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ca.pem");
    fs::write(&path, provider.web.certificate().unwrap_or_default())?;
    let home = home(&provider, &format!("ca_file = '{}'", path.display()))?;
    let server = home.start().await?;
    assert_eq!(Caller::new(&server, &token).status().await?, 200);
    Ok(())
}

#[tokio::test]
async fn a_tenant_sees_itself_and_what_is_registered_below_it() -> Result<()> {
    let key = Key::p256("a")?;
    let provider = OpenIdProvider::start(&[&key], false).await?;
    let home = home(&provider, "tenantless_is_master = true")?;
    let server = home.start().await?;
    for (uuid, parent) in [(ACME, None), (BRANCH, Some(ACME)), (OTHERS, None)] {
        let tenant = json!({"tenant": {"name": uuid, "uuid": uuid, "parent_uuid": parent}});
        server.api().post("/0.2/tenants", &tenant).await?.ok()?;
    }
    add_devices(&server, &[ACME, BRANCH, OTHERS]).await?;
    let caller = |claims: &Value| Ok::<_, anyhow::Error>(Caller::new(&server, &key.token("ES256", claims)?));
    let alice = caller(&good(&provider))?;
    assert_eq!(alice.devices().await?, [ACME]);
    assert_eq!(alice.of(BRANCH).devices().await?, [BRANCH]);
    assert_eq!(alice.of(OTHERS).status().await?, 401);
    let mut claims = good(&provider);
    claims.as_object_mut().unwrap().remove("tenant");
    let root = caller(&claims)?;
    assert_eq!(root.of(OTHERS).devices().await?, [OTHERS]);
    assert_eq!(
        root.get("/0.2/dev_mgr/devices?recurse=true").await?.ok()?["devices"].as_array().map(Vec::len),
        Some(3)
    );
    Ok(())
}

#[tokio::test]
async fn settings_that_let_nobody_in_are_refused() -> Result<()> {
    let home = Home::with_families(&[])?;
    let path = home.root().join("provd.toml");
    let issuer = "[access]\nverifier = 'oidc'\n[access.oidc]\nissuer = 'http://id.example.org'\n";
    fs::write(&path, issuer)?;
    let refused = home.provd(&["serve", "--config", &path.display().to_string()]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(
        refused.err.contains("access.oidc.issuer") && refused.err.contains("https://HOST"),
        "{}",
        refused.err
    );
    Ok(())
}
