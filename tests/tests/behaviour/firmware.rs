//! Firmware of phones: downloaded from its vendor through thick and thin, brought along where the link has died, found by
//! phones byte for byte, and refused where it would do harm.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use provd_tests::client::parse_operation;
use provd_tests::{Home, Said, Server, WebService, eventually};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use serde_json::{Value, json};
use tokio_stream::StreamExt as _;

const PLUGIN: &str = "digium-1.1.0.0";
/// Makes the phone known.
const CONFIG: &str = "/Digium/000fd3054848.cfg";
const MEGABYTE: usize = 1 << 20;

/// A vendor's web server. It can stop in the middle of a file.
#[derive(Clone, Default)]
struct Vendor {
    files: Arc<BTreeMap<String, Bytes>>,
    /// Whether files end half-way, and nothing follows.
    is_stuck: Arc<AtomicBool>,
    /// The `Range` of each request, if it has one.
    ranges: Arc<Mutex<Vec<Option<String>>>>,
}

impl Vendor {
    async fn start(files: &[(&str, &[u8])]) -> Result<(Vendor, WebService)> {
        let files = files.iter().map(|(name, content)| ((*name).to_owned(), Bytes::copy_from_slice(content)));
        let vendor = Vendor { files: Arc::new(files.collect()), ..Vendor::default() };
        let routes = Router::new().route("/{name}", get(download)).with_state(vendor.clone());
        Ok((vendor, WebService::plain(WebService::listener().await?, routes)?))
    }

    fn ranges(&self) -> Vec<Option<String>> {
        self.ranges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn download(
    State(vendor): State<Vendor>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    let content = vendor.files.get(&name).ok_or(StatusCode::NOT_FOUND)?.clone();
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    vendor.ranges.lock().unwrap_or_else(PoisonError::into_inner).push(range.clone());
    let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let (total, rest) = (content.len(), content.slice(from.unwrap_or(0)..));
    let status = if from.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut answer = (status, [(header::ETAG, "\"1\"".to_owned())]).into_response();
    let length = rest.len();
    if let Some(from) = from {
        let range = format!("bytes {from}-{}/{total}", total - 1);
        answer
            .headers_mut()
            .insert(header::CONTENT_RANGE, range.parse().map_err(|_| StatusCode::BAD_REQUEST)?);
    }
    answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    *answer.body_mut() = if vendor.is_stuck.load(Ordering::SeqCst) {
        let half = tokio_stream::once(Ok::<_, std::io::Error>(rest.slice(..length / 2)));
        Body::from_stream(half.chain(tokio_stream::pending()))
    } else {
        Body::from(rest)
    };
    Ok(answer)
}

/// Bytes that do not repeat.
fn content(length: usize) -> Vec<u8> {
    let words = (0..length.div_ceil(8) as u64).map(|word| word.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    bytes.truncate(length);
    bytes
}

fn sha256(content: &[u8]) -> String {
    hex::encode(digest(&SHA256, content))
}

/// A package of one file, which becomes `Digium/firmware/<name>`.
fn package(id: &str, web: &WebService, content: &[u8], more: &str, steps: &str) -> String {
    format!(
        "[package.{id}]\nversion = '1.0'\ndescription = 'Firmware'\nfiles = ['{id}']\ninstall = '{id}'\n{more}\n\
         [file.{id}]\nurl = 'http://{}/{id}.bin'\nsha256 = '{}'\nsize = {}\n\
         [install]\n{id} = [{steps}]\n",
        web.address(),
        sha256(content),
        content.len()
    )
}

const COPY: &str = "{ from = 'a', to = 'b', do = 'cp', with = ['$FILE1', 'Digium/firmware/'] }";

/// A family that declares firmware.
fn home(definition: &str) -> Result<Home> {
    let home = Home::with_families(&["digium"])?;
    fs::write(home.families().join("digium/firmware.toml"), definition)?;
    Ok(home)
}

async fn firmware(home: &Home, arguments: &[&str]) -> Result<Said> {
    home.provd(&[&["firmware"], arguments].concat()).await
}

async fn done(home: &Home, arguments: &[&str]) -> Result<Said> {
    let said = firmware(home, arguments).await?;
    ensure!(said.code == Some(0), "{said:?}");
    Ok(said)
}

fn named(id: &str) -> String {
    format!("{PLUGIN}/{id}")
}

async fn shown(server: &Server, id: &str) -> Result<Value> {
    server.api().get(&format!("/0.2/firmware/{PLUGIN}/{id}")).await?.ok()
}

#[tokio::test]
async fn a_hundred_megabytes_survive_a_kill_and_reach_phones_byte_for_byte() -> Result<()> {
    let image = content(100 * MEGABYTE);
    let (vendor, web) = Vendor::start(&[("fw.bin", &image)]).await?;
    let home = home(&package("fw", &web, &image, "models = ['D40']", COPY))?;
    let server = home.start().await?;
    server.ready(PLUGIN).await?;

    vendor.is_stuck.store(true, Ordering::SeqCst);
    let install = format!("/0.2/pg_mgr/plugins/{PLUGIN}/install/install");
    let begun = server.api().post(&install, &json!({"id": "fw"})).await?;
    ensure!(begun.status == 201, "{begun:?}");
    let operation = begun.location.context("no operation")?;
    ensure!(operation.starts_with(&install), "{operation}");
    let half = image.len() as u64 / 2;
    let text = eventually("half of it", || async {
        let status = server.api().get(&operation).await?.ok()?["status"].clone();
        let text = status.as_str().context("no status")?.to_owned();
        let download = parse_operation(&text)?.parts.first().cloned().unwrap_or_default();
        Ok((download.current == Some(half)).then_some(text))
    })
    .await?;
    let total = image.len();
    let expected = format!(
        "install_pkg|progress(download|progress;{half}/{total}(progress;{half}/{total}))(install|waiting)"
    );
    assert_eq!(text, expected);
    let again = server.api().post(&install, &json!({"id": "fw"})).await?;
    assert_eq!((again.status, again.text.contains("being installed")), (400, true), "{again:?}");
    server.kill().await?;

    vendor.is_stuck.store(false, Ordering::SeqCst);
    let server = home.start().await?;
    server.ready(PLUGIN).await?;
    done(&home, &["install", &named("fw")]).await?;
    let ranges = vendor.ranges();
    ensure!(ranges.first() == Some(&None), "{ranges:?}");
    ensure!(
        ranges.last().is_some_and(|range| range.as_deref().is_some_and(|range| range != "bytes=0-")),
        "{ranges:?}"
    );

    let mut phone = server.http_phone(3);
    ensure!(phone.get(CONFIG).await?.status == 200);
    let whole = phone.get("/Digium/firmware/fw.bin").await?;
    ensure!(whole.status == 200 && whole.body == image, "{} bytes", whole.body.len());
    let mut resuming = phone.another().header("Range", "bytes=104857500-");
    let part = resuming.get("/Digium/firmware/fw.bin").await?;
    ensure!(part.status == 206 && part.body == image[104_857_500..], "{}", part.status);
    let options = [("blksize", "65464"), ("tsize", "0")];
    let transfer = server.tftp_phone(3).get_with("Digium/firmware/fw.bin", &options).await?;
    let transfer = transfer.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    ensure!(transfer.content == image, "{} bytes", transfer.content.len());

    let package = shown(&server, "fw").await?;
    assert_eq!(package["paths"], json!(["Digium/firmware/fw.bin"]));
    assert_eq!(package["package"]["installed"]["version"], "1.0");
    done(&home, &["remove", &named("fw")]).await?;
    assert_eq!(phone.get("/Digium/firmware/fw.bin").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_file_whose_link_has_died_is_brought_along() -> Result<()> {
    let (image, words) = (content(3 * MEGABYTE), b"words".as_slice());
    let (_vendor, web) = Vendor::start(&[]).await?;
    let sha1 = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, words));
    let definition = package("fw", &web, &image, "depends = ['lang']", COPY);
    let home = home(&definition)?;
    let old = format!(
        "[pkg_lang]\nversion: 7\ndescription: Words\ndescription_fr: Mots\nfiles: words\n\
         [file_words]\nurl: http://{}/words.bin\nsize: 5\nsha1sum: {sha1}\n",
        web.address()
    );
    fs::create_dir(home.families().join("digium/pkgs"))?;
    fs::write(home.families().join("digium/pkgs/lang.db"), old)?;
    let server = home.start().await?;
    server.ready(PLUGIN).await?;

    let said = firmware(&home, &["install", &named("fw")]).await?;
    ensure!(said.code == Some(1) && said.err.contains("there is no such file (404)"), "{said:?}");
    ensure!(said.err.contains("provd firmware import") && said.err.contains(&sha1), "{said:?}");

    let folder = home.root().join("brought");
    fs::create_dir_all(folder.join("deep"))?;
    fs::write(folder.join("deep/whatever it is called"), &image)?;
    fs::write(folder.join("other"), "nobody")?;
    let said = done(&home, &["import", folder.to_str().context("path")?]).await?;
    ensure!(said.out.contains("1 file is taken in") && said.out.contains("Not here yet: 1"), "{said:?}");
    fs::write(folder.join("words"), words)?;
    let said = done(&home, &["import", folder.to_str().context("path")?, "--json"]).await?.json()?;
    assert_eq!((said["taken"].as_array().map(Vec::len), &said["missing"]), (Some(1), &json!([])));
    assert_eq!(said["taken"][0]["file"]["packages"], json!([{"plugin": PLUGIN, "id": "lang"}]));

    done(&home, &["install", &named("fw")]).await?;
    let mut phone = server.http_phone(3);
    ensure!(phone.get(CONFIG).await?.status == 200);
    ensure!(phone.get("/Digium/firmware/fw.bin").await?.body == image);
    ensure!(phone.get("/words.bin").await?.body == words, "what it needs is there as well");

    let said = firmware(&home, &["remove", &named("lang")]).await?;
    ensure!(said.code == Some(1) && said.err.contains("is needed by fw"), "{said:?}");
    let api = server.api();
    let base = format!("/0.2/pg_mgr/plugins/{PLUGIN}");
    let links = api.get(&base).await?.ok()?;
    assert_eq!(links["links"][1], json!({"rel": "srv.install", "href": format!("{base}/install")}));
    let installed = api.get(&format!("{base}/install/installed")).await?.ok()?;
    assert_eq!(installed["pkgs"]["lang"], json!({"version": "7", "description": "Words"}));
    let locale = json!({"param": {"value": "fr_CA"}});
    ensure!(api.put("/0.2/configure/locale", &locale).await?.status == 204);
    let installable = api.get(&format!("{base}/install/installable")).await?.ok()?;
    assert_eq!(installable["pkgs"]["lang"], json!({"version": "7", "description": "Mots", "dsize": 5}));
    Ok(())
}

#[tokio::test]
async fn firmware_outlives_the_server_and_goes_with_its_plugin() -> Result<()> {
    let (vendor, web) = Vendor::start(&[("fw.bin", b"firmware")]).await?;
    let home = home(&package("fw", &web, b"firmware", "models = ['D40']", COPY))?;
    let server = home.start().await?;
    server.ready(PLUGIN).await?;
    done(&home, &["install", &named("fw")]).await?;
    let said = done(&home, &["install", &named("fw")]).await?;
    ensure!(said.out.contains("it is installed as it is offered"), "{said:?}");
    assert_eq!(vendor.ranges().len(), 1);
    ensure!(server.stop().await?.success());

    let server = home.start().await?;
    server.ready(PLUGIN).await?;
    let mut phone = server.http_phone(3);
    ensure!(phone.get(CONFIG).await?.status == 200);
    ensure!(phone.get("/Digium/firmware/fw.bin").await?.body == b"firmware");
    let device = server.only_device().await?;
    let id = device["id"].as_str().context("no id")?;
    let mut changed = device.clone();
    changed["model"] = json!("D40");
    changed["version"] = json!("0.9");
    ensure!(
        server.api().put(&format!("/0.2/dev_mgr/devices/{id}"), &json!({"device": changed})).await?.status
            == 204
    );
    let package = shown(&server, "fw").await?;
    assert_eq!((&package["devices"][id], &package["package"]["phones"]), (&json!("0.9"), &json!({"0.9": 1})));
    let said = done(&home, &["available"]).await?;
    ensure!(said.out.contains("0.9 (1)") && said.out.contains(&named("fw")), "{said:?}");

    ensure!(home.provd(&["plugin", "uninstall", PLUGIN]).await?.code == Some(0));
    ensure!(home.provd(&["plugin", "install", PLUGIN]).await?.code == Some(0));
    let said = done(&home, &["installed"]).await?;
    ensure!(said.out.contains("No packages are installed"), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn archives_that_would_do_harm_are_refused_with_words() -> Result<()> {
    let cases: [(&str, Vec<u8>, &str); 4] = [
        ("outside", tar("../../evil", b'0', "", 1), "leads outside"),
        ("link", tar("link", b'2', "../../../admin.token", 0), "is a link to"),
        ("device", tar("device", b'3', "", 0), "neither a file nor a folder"),
        ("bomb", tar("bomb", b'0', "", 9 << 30), "more is in it than is unpacked"),
    ];
    let names: Vec<String> = cases.iter().map(|(id, ..)| format!("{id}.bin")).collect();
    let files: Vec<(&str, &[u8])> =
        names.iter().zip(&cases).map(|(name, (_, content, _))| (name.as_str(), content.as_slice())).collect();
    let (_vendor, web) = Vendor::start(&files).await?;
    let mut definition = String::new();
    let mut steps = String::new();
    for (id, content, _) in &cases {
        let step = "{ from = 'a', to = 'b', do = 'untar', with = ['$FILE1'] }";
        let whole = package(id, &web, content, "", step);
        let (head, procedure) = whole.split_once("[install]\n").context("no procedure")?;
        definition += head;
        steps += procedure;
    }
    let home = home(&format!("{definition}[install]\n{steps}"))?;
    let server = home.start().await?;
    server.ready(PLUGIN).await?;
    for (id, _, why) in &cases {
        let said = firmware(&home, &["install", &named(id)]).await?;
        ensure!(said.code == Some(1) && said.err.contains(why), "{id}: {said:?}");
    }
    let staging = home.data_dir().join("firmware/staging");
    assert_eq!(fs::read_dir(staging)?.count(), 0, "nothing is left of them");
    ensure!(!home.data_dir().join("firmware/evil").exists());
    let said = done(&home, &["installed"]).await?;
    ensure!(said.out.contains("No packages are installed"), "{said:?}");
    Ok(())
}

/// A tar archive of one entry, as POSIX has it (ustar), whatever it says. Its content is empty.
fn tar(name: &str, kind: u8, target: &str, size: u64) -> Vec<u8> {
    let mut header = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(124, format!("{size:011o}").as_bytes());
    put(148, b"        ");
    put(156, &[kind]);
    put(157, target.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    [header.as_slice(), &[0; 1024]].concat()
}
