//! A site after a power cut: everybody asks at once, twice, and some hang up before they are answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use provd_tests::{Database, Handset, Home, Server, invariants, within};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

const PHONES: u32 = 100;

/// Every other phone is a Cisco, which says in the file name who it is, and asks over HTTP and TFTP.
fn is_cisco(number: u32) -> bool {
    number.is_multiple_of(2)
}

fn cisco_file(number: u32) -> String {
    format!("SEP001B54{number:06X}.cnf.xml")
}

fn mac(number: u32) -> String {
    let [_, a, b, c] = number.to_be_bytes();
    if is_cisco(number) { format!("00:1b:54:{a:02x}:{b:02x}:{c:02x}") } else { Handset::new(number).mac() }
}

/// The file that is a phone's own, as it got it.
async fn over_http(server: Arc<Server>, number: u32, address: [u8; 4]) -> Result<(u32, Vec<u8>)> {
    let handset = Handset::new(number);
    let (mut phone, path) = if is_cisco(number) {
        (server.http_phone_at(address), format!("/{}", cisco_file(number)))
    } else {
        let name = handset.user_agent(Handset::FIRMWARE);
        (server.http_phone_at(address).user_agent(&name), handset.path())
    };
    // As phones do that are told to come back: the server may be busy, but never wrong.
    loop {
        let response = phone.get(&path).await?;
        match response.status {
            200 => return Ok((number, response.body)),
            503 => ensure!(response.headers.contains_key("retry-after"), "503 without Retry-After"),
            status => bail!("{path}: {status} {}", response.text()),
        }
    }
}

/// A Cisco asks for the same file, any other phone for it once more.
async fn over_tftp(server: Arc<Server>, number: u32, address: [u8; 4]) -> Result<(u32, Vec<u8>)> {
    if !is_cisco(number) {
        return over_http(server, number, address).await;
    }
    loop {
        match server.tftp_phone_at(address).get(&cisco_file(number)).await? {
            Ok(file) => return Ok((number, file.content)),
            Err(refusal) if refusal.code == 0 && refusal.message.contains("try again") => {}
            Err(refusal) => bail!("{}: {refusal:?}", cisco_file(number)),
        }
    }
}

/// Has each phone ask twice at once. What was answered must be what is stored of the phone, with its own account.
async fn storm(server: &Arc<Server>, home: &Home, address: fn(u32) -> [u8; 4]) -> Result<()> {
    let mut requests = JoinSet::new();
    for number in 0..PHONES {
        requests.spawn(over_http(server.clone(), number, address(number)));
        requests.spawn(over_tftp(server.clone(), number, address(number)));
    }
    let answers = within("an answer to each", requests.join_all()).await?;
    let answers = answers.into_iter().collect::<Result<Vec<_>>>()?;
    let stored = stored(home).await?;
    for (number, answer) in answers {
        let (username, file) = &stored[&mac(number)];
        let text = String::from_utf8_lossy(&answer);
        ensure!(&answer == file, "phone {number} got {text}");
        ensure!(is_cisco(number) || text.contains(&format!("user name: {username}\n")), "{username}: {text}");
    }
    ensure!(stored.len() == PHONES as usize, "{} devices", stored.len());
    invariants::hold(server, home).await
}

/// Account and own file of each device, by its MAC address.
async fn stored(home: &Home) -> Result<BTreeMap<String, (String, Vec<u8>)>> {
    let query = "select mac, json_extract(raw_config, '$.sip_lines.1.username'), content from devices \
         join configs on configs.id = devices.config join device_files on device = devices.id";
    let rows: Vec<(String, String, Vec<u8>)> = Database::of(home).await?.rows(query).await?;
    let count = rows.len();
    let stored: BTreeMap<_, _> = rows.into_iter().map(|(mac, name, file)| (mac, (name, file))).collect();
    ensure!(stored.len() == count, "a phone is several devices, or has several files");
    Ok(stored)
}

async fn start(home: &Home) -> Result<Arc<Server>> {
    Ok(Arc::new(home.start().await?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_phones_that_ask_twice_at_once_are_a_hundred_devices() -> Result<()> {
    let home = Home::with_families(&["aastra", "cisco-sccp"])?;
    let server = start(&home).await?;
    storm(&server, &home, |number| Handset::new(number).address()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_they_are_behind_one_address() -> Result<()> {
    let home = Home::with_families(&["aastra", "cisco-sccp"])?.argument("--nat");
    let server = start(&home).await?;
    storm(&server, &home, |_| [127, 0, 0, 9]).await?;
    assert!(server.devices().await?.iter().all(|device| device["ip"] == "127.0.0.9"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_they_are_where_nobody_said_that_they_share_addresses() -> Result<()> {
    let home = Home::with_families(&["aastra", "cisco-sccp"])?;
    let server = start(&home).await?;
    storm(&server, &home, |number| [127, 0, 0, 10 + u8::try_from(number % 8).unwrap_or_default()]).await?;
    let with_address = server.devices().await?.iter().filter(|device| !device["ip"].is_null()).count();
    assert_eq!(with_address, 8, "the last one at each address has it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_hang_up_halfway_leave_no_half_records() -> Result<()> {
    let home = Home::with_families(&["aastra", "cisco-sccp"])?;
    let server = start(&home).await?;
    let mut requests = JoinSet::new();
    for number in 0..PHONES {
        requests.spawn(hang_up(server.clone(), number, false));
        requests.spawn(hang_up(server.clone(), number, true));
    }
    requests.join_all().await.into_iter().collect::<Result<()>>()?;
    storm(&server, &home, |number| Handset::new(number).address()).await
}

/// Asks, wholly or in part, and is gone.
async fn hang_up(server: Arc<Server>, number: u32, in_part: bool) -> Result<()> {
    let handset = Handset::new(number);
    if is_cisco(number) {
        let request = [b"\x00\x01".as_slice(), cisco_file(number).as_bytes(), b"\0octet\0"].concat();
        let end = if in_part { request.len() - 3 } else { request.len() };
        return server.tftp_phone_at(handset.address()).send_raw(&request[..end]).await;
    }
    let name = handset.user_agent(Handset::FIRMWARE);
    let request = format!("GET {} HTTP/1.1\r\nHost: provd\r\nUser-Agent: {name}\r\n\r\n", handset.path());
    let socket = TcpSocket::new_v4()?;
    socket.bind((handset.address(), 0).into())?;
    let mut connection = socket.connect(server.http()).await?;
    let end = if in_part { request.len() / 2 } else { request.len() };
    Ok(connection.write_all(&request.as_bytes()[..end]).await?)
}
