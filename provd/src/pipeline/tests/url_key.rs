//! Phones that must show the key of their tenant at the beginning of each URL.

use super::{Device, MAC, Site, content, request};
use crate::domain::answer::Answer;
use crate::domain::audit::Actor;
use crate::domain::parameter::PROVISIONING_KEY;
use crate::pipeline::url_key::Key;
use crate::pipeline::{PipelineSettings, RequestHandler as _};
use crate::provisioning::many::ended;

const OURS: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000001";
const THEIRS: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000002";

async fn site() -> Site {
    let site =
        Site::built(PipelineSettings::default(), |provisioning| provisioning.requiring_url_keys(true)).await;
    site.set(PROVISIONING_KEY, Some(OURS), "key-of-ours").await;
    site.set(PROVISIONING_KEY, Some(THEIRS), "key-of-theirs").await;
    site
}

fn file() -> String {
    format!("vendor=V/mac={MAC}/phone.cfg")
}

/// A phone that a tenant has claimed.
async fn claimed_by(site: &Site, tenant: &str) -> Device {
    site.ask("192.0.2.7", &format!("/key-of-ours/{}", file())).await;
    let device = Device { tenant_uuid: Some(tenant.to_owned()), ..site.only_device().await };
    site.provisioning.update_device(device, None, &Actor::Server).await.unwrap();
    site.provisioning.reconfigure_device(&site.only_device().await.id).await.unwrap()
}

#[tokio::test]
async fn a_key_lets_in_and_is_seen_by_nobody_else() {
    let site = site().await;
    assert!(claimed_by(&site, OURS).await.configured);
    content(site.ask("192.0.2.7", &format!("/key-of-ours/{}", file())).await);
    let requests = site.pipeline.journal.requests();
    let expected = format!("/{}", file());
    assert!(
        requests.iter().all(|record| record.concluded.request.kind.path() == Some(expected.as_str())),
        "{requests:?}"
    );
}

#[tokio::test]
async fn without_a_key_that_is_somebodys_nothing_is_found_or_learnt() {
    let site = site().await;
    for path in ["/", "//", "/key-of-ourselves/phone.cfg", &format!("/{}", file()), "/key-of-our"] {
        assert!(matches!(site.ask("192.0.2.7", path).await, Answer::NotFound), "{path}");
    }
    assert!(site.devices().await.is_empty());
    let kept = site.pipeline.journal.requests();
    assert!(kept.iter().all(|record| record.concluded.identification.refusal.is_some()));
}

#[tokio::test]
async fn what_may_have_been_a_key_is_not_shown() {
    let site = site().await;
    for (path, shown, key) in [
        ("/key-of-ours/a/b", "/a/b", Key::Of(OURS.to_owned())),
        ("/key-of-ours", "/", Key::Of(OURS.to_owned())),
        ("/an-earlier-key/a/b", "/***/a/b", Key::Denied("Invalid URL key.")),
        ("/Aastra/aastra.cfg", "/Aastra/aastra.cfg", Key::Denied("Invalid URL key.")),
        ("/aastra.cfg", "/aastra.cfg", Key::Denied("Invalid URL key.")),
        ("/", "/", Key::Denied("Empty provisioning key.")),
    ] {
        let mut request = request("192.0.2.7", path);
        assert_eq!(site.pipeline.take_key(&mut request), key, "{path}");
        assert_eq!(request.kind.path(), Some(shown));
    }
}

#[tokio::test]
async fn the_key_of_another_tenant_opens_nothing() {
    let site = site().await;
    claimed_by(&site, OURS).await;
    let other = site.ask("192.0.2.7", &format!("/key-of-theirs/{}", file())).await;
    assert!(matches!(other, Answer::NotFound), "{other:?}");
}

#[tokio::test]
async fn a_device_without_a_key_to_show_is_not_configured() {
    let site = site().await;
    site.ask("192.0.2.7", &format!("/key-of-ours/{}", file())).await;
    let reason = site.only_device().await.last_error.unwrap().reason;
    assert_eq!(reason, "its tenant has no provisioning_key, which its URLs must begin with");
}

#[tokio::test]
async fn a_new_key_reaches_the_files_of_its_tenants_devices_only() {
    let site = site().await;
    claimed_by(&site, OURS).await;
    let operation = ended(site.set(PROVISIONING_KEY, Some(OURS), "the-next-key").await.unwrap()).await;
    assert_eq!((operation.progress.to_string().as_str(), operation.failed), ("success;1/1", 0));
    let url = site.family.url.lock().unwrap().clone();
    assert_eq!(url.unwrap(), "http://192.0.2.1:8667/the-next-key");
    assert!(
        site.set(PROVISIONING_KEY, Some(THEIRS), "another-next-key").await.is_none(),
        "it has no devices"
    );
    assert!(site.set(PROVISIONING_KEY, Some(OURS), "the-next-key").await.is_none(), "nothing changed");
}

#[tokio::test]
async fn where_none_is_required_a_key_is_a_folder_like_any_other() {
    let site = Site::new(PipelineSettings::default()).await;
    site.set(PROVISIONING_KEY, None, "key-of-master").await;
    let request = request("192.0.2.7", &format!("/{}", file()));
    content(site.pipeline.handle(request).await);
}
