//! Installing, upgrading and removing plugins, as existing clients do it.

use serde_json::{Value, json};

use super::operations::ended;
use crate::api::testing::{Answered, Api, NEW_PLUGIN, PLUGIN, TOKEN};

async fn asked(api: &Api, what: &str, id: &str) -> Answered {
    api.post(&format!("/pg_mgr/install/{what}"), json!({"id": id})).await
}

async fn ids(api: &Api, what: &str) -> Vec<String> {
    let listed = api.get(&format!("/pg_mgr/install/{what}")).await.json();
    listed["pkgs"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn what_is_installed_and_what_could_be_is_listed() {
    let api = Api::new().await;
    let aastra = json!({"version": "1.2", "description": "Aastra phones",
        "capabilities": {"Aastra, 6731i, 3.2.2": {"lines": 6}}});
    assert_eq!(api.get("/pg_mgr/install/installed").await.json(), json!({"pkgs": {PLUGIN: aastra}}));
    assert_eq!(ids(&api, "installable").await, [PLUGIN, NEW_PLUGIN]);
}

#[tokio::test]
async fn an_upgrade_is_an_operation_with_the_text_of_0_2() {
    let api = Api::new().await;
    let answered = asked(&api, "upgrade", PLUGIN).await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (201, ""));
    let location = answered.header("location");
    assert_eq!(location, "/0.2/pg_mgr/install/upgrade/1");
    assert_eq!(ended(&api, location).await["status"], "install|success");
    assert_eq!(ids(&api, "installable").await, [NEW_PLUGIN], "it is the newest now");
    assert_eq!(api.get("/pg_mgr/install/install/1").await.status, 404, "of another collection");

    let again = asked(&api, "upgrade", PLUGIN).await;
    let operation = ended(&api, again.header("location")).await;
    assert_eq!(
        (&operation["status"], &operation["reason"]),
        (
            &json!("install|success"),
            &json!("nothing newer than the installed version is offered; the newest is 1.3")
        )
    );
    let path = location.strip_prefix("/0.2").unwrap();
    assert_eq!(api.delete(path).await.status, 204);
    assert_eq!(api.get(path).await.status, 404);
}

#[tokio::test]
async fn what_was_removed_can_be_installed_again() {
    let api = Api::new().await;
    let removed = asked(&api, "uninstall", PLUGIN).await;
    assert_eq!((removed.status.as_u16(), removed.body.as_str()), (204, ""));
    assert!(ids(&api, "installed").await.is_empty());
    let installed = asked(&api, "install", PLUGIN).await;
    let location = installed.header("location");
    assert!(location.starts_with("/0.2/pg_mgr/install/install/"), "{location}");
    assert_eq!(ended(&api, location).await["status"], "install|success");
    assert_eq!(ids(&api, "installed").await, [PLUGIN]);
}

#[tokio::test]
async fn a_plugin_that_cannot_be_started_fails_its_operation() {
    let api = Api::new().await;
    let answered = asked(&api, "install", NEW_PLUGIN).await;
    assert_eq!(answered.status, 201);
    let operation = ended(&api, answered.header("location")).await;
    assert_eq!(
        (&operation["status"], &operation["reason"]),
        (&json!("install|fail"), &json!("it did not become ready"))
    );
    assert_eq!(asked(&api, "install", NEW_PLUGIN).await.status, 201, "it may be tried again");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_words() {
    let api = Api::new().await;
    for (what, id, said) in [
        ("install/install", PLUGIN, "already installed"),
        ("install/install", "unknown", "no plugin unknown to install"),
        ("install/upgrade", NEW_PLUGIN, "not installed"),
        ("install/upgrade", "unknown", "not installed"),
        ("install/uninstall", NEW_PLUGIN, "not installed"),
        ("reload", "unknown", "not installed"),
    ] {
        let answered = api.post(&format!("/pg_mgr/{what}"), json!({"id": id})).await;
        assert_eq!(answered.status, 400, "{what} {id}");
        assert!(answered.body.contains(said), "{what} {id}: {answered:?}");
    }
    for what in ["install/install", "install/upgrade", "install/uninstall", "reload"] {
        let answered = api.post(&format!("/pg_mgr/{what}"), json!({})).await;
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (400, "Missing \"id\" key\n"));
    }
}

#[tokio::test]
async fn an_update_asks_all_repositories_and_names_those_that_did_not_answer() {
    let api = Api::new().await;
    let answered = api.post("/pg_mgr/install/update", json!({})).await;
    assert_eq!(answered.status, 400);
    assert!(answered.body.contains("plugin_server"), "{answered:?}");
    for (repositories, status, reason) in [
        (vec!["http://a/"], "update|success;1/1", "2 packages are offered, new of them"),
        (vec!["https://b/", "http://a/"], "update|fail;2/2", "https://b/: nobody answered"),
    ] {
        *api.administration.repositories.lock().unwrap() =
            repositories.into_iter().map(str::to_owned).collect();
        let answered = api.post("/pg_mgr/install/update", Value::Null).await;
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (201, ""));
        let location = answered.header("location");
        assert!(location.starts_with("/0.2/pg_mgr/install/update/"), "{location}");
        let operation = ended(&api, location).await;
        assert_eq!(operation["status"], status);
        assert!(operation["reason"].as_str().unwrap().starts_with(reason), "{operation}");
        let path = location.strip_prefix("/0.2").unwrap();
        assert_eq!(api.delete(path).await.status, 204);
    }
}

#[tokio::test]
async fn reloading_says_nothing() {
    let api = Api::new().await;
    let answered = api.post("/pg_mgr/reload", json!({"id": PLUGIN})).await;
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (204, ""));
    assert_eq!(api.get(&format!("/pg_mgr/plugins/{PLUGIN}/state")).await.json()["starts"], 3);
}

#[tokio::test]
async fn a_plugin_without_packages_or_parameters_has_no_such_paths() {
    let api = Api::new().await;
    for path in ["install", "install/installed", "install/installable", "configure", "configure/username"] {
        let answered = api.get(&format!("/pg_mgr/plugins/{PLUGIN}/{path}")).await;
        assert_eq!(answered.status, 404, "{path}");
        assert!(!answered.body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_package_is_taken_with_its_signature() {
    use axum::body::Body;
    use axum::http::Request;

    let api = Api::new().await;
    let sent = |signature: Option<&str>, version: &'static str| {
        let request = Request::post("/0.2/pg_mgr/install/package").header("X-Auth-Token", TOKEN);
        let request =
            signature.iter().fold(request, |request, sent| request.header("Provd-Signature", *sent));
        api.send(request.header("Content-Type", "application/gzip").body(Body::from(version)).unwrap())
    };
    let answered = sent(Some("c2lnbmVk"), "1.3").await;
    assert_eq!(answered.status, 201, "{answered:?}");
    assert_eq!(answered.json(), json!({"plugin": {"id": PLUGIN, "version": "1.3"}}));
    assert_eq!(ended(&api, answered.header("location")).await["status"], "install|success");
    let again = sent(Some("c2lnbmVk"), "1.2").await;
    let operation = ended(&api, again.header("location")).await;
    assert_eq!(operation["reason"], "1.2 of this package is installed");
    for (signature, said) in [(None, "not signed"), (Some("no base64!"), "Provd-Signature: expected")] {
        let refused = sent(signature, "1.3").await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains(said), "{refused:?}");
    }
}
