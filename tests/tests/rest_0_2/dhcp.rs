//! §6: what a DHCP server tells of its leases.

use anyhow::Result;
use serde_json::{Value, json};

use crate::expected::{document, done, refused};
use crate::request::{Request, get, post, put, query};
use crate::section::Checking;

const PATH: &str = "/dev_mgr/dhcpinfo";
const DEVICES: &str = "/dev_mgr/devices";
/// Option 60, as a Cisco 7960G states it.
const VENDOR_CLASS: &str = "06043.69.73.63.6f.20.53.79.73.74.65.6d.73.2c.20.49.6e.63.2e.20.49.50.20.50.68.6f.6e.65.20.43.50.2d.37.39.36.30.47.0";

pub(crate) async fn check(checking: &mut Checking) -> Result<()> {
    nothing_happens(checking).await?;
    malformed(checking).await?;
    creation(checking).await?;
    spellings(checking).await?;
    moving(checking).await?;
    by_address(checking).await?;
    behind_nat(checking).await
}

fn tell(info: &Value) -> Request {
    post(PATH, &json!({"dhcp_info": info}))
}

fn commit(ip: &str, mac: &str, options: &[&str]) -> Request {
    tell(&json!({"op": "commit", "ip": ip, "mac": mac, "options": options}))
}

/// Devices of this MAC address.
fn of_mac(mac: &str) -> Request {
    query(DEVICES, &[("q", &json!({"mac": mac}).to_string())])
}

async fn nothing_happens(checking: &mut Checking) -> Result<()> {
    for op in ["release", "expiry"] {
        for info in [
            json!({"op": op, "ip": "192.0.2.1"}),
            json!({"op": op, "ip": "192.0.2.1", "mac": "00:1b:54:00:00:01", "options": [VENDOR_CLASS]}),
        ] {
            checking.check(format!("§6 {op} needs op and ip"), tell(&info), done()).await?;
        }
        let missing = tell(&json!({"op": op, "mac": "00:1b:54:00:00:01"}));
        checking.check(format!("§6 {op} without ip: 400"), missing, refused(400)).await?;
    }
    let nobody = document().at("/devices", json!([]));
    checking.check("§6 release and expiry do nothing", get(DEVICES), nobody).await?;
    Ok(())
}

async fn malformed(checking: &mut Checking) -> Result<()> {
    let whole = json!({"op": "commit", "ip": "192.0.2.1", "mac": "00:1b:54:00:00:01", "options": []});
    let with = |key: &str, value: Value| {
        let mut info = whole.clone();
        info[key] = value;
        info
    };
    for key in ["op", "ip", "mac", "options"] {
        let mut info = whole.clone();
        info.as_object_mut().map(|info| info.remove(key));
        checking.check(format!("§6 commit without {key}: 400"), tell(&info), refused(400)).await?;
        let wrong = tell(&with(key, json!(7)));
        checking.check(format!("§6 {key} of another type: 400"), wrong, refused(400)).await?;
    }
    for op in ["offer", "COMMIT", ""] {
        checking.check("§6 another op: 400", tell(&with("op", json!(op))), refused(400)).await?;
    }
    for ip in ["", "somewhere", "192.0.2.256", "192.0.2.1.1", "1.2.3."] {
        checking.check("§6 a malformed ip: 400", tell(&with("ip", json!(ip))), refused(400)).await?;
    }
    for mac in ["", "00:1b:54", "00:1b:54:00:00:0g", "00:1b:54:00:00:01:02"] {
        checking.check("§6 a malformed mac: 400", tell(&with("mac", json!(mac))), refused(400)).await?;
    }
    for option in ["", "060", "06", "06043.", "060.43", "06043 69", "0x043", "060100", "06043.zz"] {
        let rule = "§6 an option is 3 decimal digits, then hex bytes with dots, at least one: else 400";
        checking.check(rule, tell(&with("options", json!([option]))), refused(400)).await?;
    }
    for options in [json!("06043"), json!({"060": "43"}), json!([60]), json!(null)] {
        checking
            .check("§6 options are a list of texts: else 400", tell(&with("options", options)), refused(400))
            .await?;
    }
    let nobody = document().at("/devices", json!([]));
    checking.check("§6 what is malformed does nothing", get(DEVICES), nobody).await?;
    Ok(())
}

async fn creation(checking: &mut Checking) -> Result<()> {
    let request = commit("192.0.2.10", "00:1b:54:00:00:10", &[VENDOR_CLASS, "01200.1"]);
    checking.check("§6 commit: 204", request.clone(), done()).await?;
    let expected = [
        ("/devices/0/ip", json!("192.0.2.10")),
        ("/devices/0/vendor", json!("Cisco")),
        ("/devices/0/model", json!("7960G")),
        ("/devices/0/added", json!("auto")),
        ("/devices/0/is_new", json!(true)),
        ("/devices/0/plugin", json!("cisco-sccp-legacy")),
        ("/devices/0/configured", json!(true)),
    ];
    for (pointer, value) in expected {
        let rule = format!("§6 commit makes a device: {}", pointer.trim_start_matches("/devices/0/"));
        checking.check(rule, of_mac("00:1b:54:00:00:10"), document().at(pointer, value)).await?;
    }
    let device = checking.ask(of_mac("00:1b:54:00:00:10")).await?.json();
    let config = device["devices"][0]["config"].as_str().unwrap_or("none").to_owned();
    let expected = document().at("/config/parent_ids", json!(["autoprov"])).at("/config/transient", true);
    let rule = "§6 commit makes a device: with an autocreated config";
    checking.check(rule, get(format!("/cfg_mgr/configs/{config}")), expected).await?;
    checking.check("§6 the same lease again: 204", request, done()).await?;
    let same = document().ids("/devices", device["devices"][0]["id"].as_str().unwrap_or("?"));
    checking.check("§6 the same lease again: the same device", get(DEVICES), same).await?;
    Ok(())
}

async fn spellings(checking: &mut Checking) -> Result<()> {
    for (number, mac) in
        ["0:1b:54:0:1:0", "00-1B-54-00-01-01", "001b54000102", "001B.5400.0103", "00:1B:54:0:01:4"]
            .iter()
            .enumerate()
    {
        let normal = format!("00:1b:54:00:01:{number:02x}");
        checking
            .check(format!("§6 mac in any usual form: {mac}"), commit("192.0.2.20", mac, &[]), done())
            .await?;
        let expected = document().at("/devices/0/mac", normal.clone());
        checking.check("§6 mac is normalised", of_mac(&normal), expected).await?;
    }
    for (ip, normal) in [
        ("10.1", "10.0.0.1"),
        ("192.0.513", "192.0.2.1"),
        ("3221226009", "192.0.2.25"),
        ("0x0a.0.0.010", "10.0.0.8"),
    ] {
        let rule = format!("§6 ip in inet_aton form: {ip}");
        checking.check(&rule, commit(ip, "00:1b:54:00:02:00", &[]), done()).await?;
        let expected = document().at("/devices/0/ip", normal);
        checking.check(&rule, of_mac("00:1b:54:00:02:00"), expected).await?;
    }
    Ok(())
}

/// A phone that is known gets its new address, and nobody else keeps it.
async fn moving(checking: &mut Checking) -> Result<()> {
    let (moving, staying) = ("00:1b:54:00:03:01", "00:1b:54:00:03:02");
    checking.ask(commit("192.0.2.31", moving, &[])).await?.ok()?;
    checking.ask(commit("192.0.2.32", staying, &[])).await?.ok()?;
    let before = checking.ask(of_mac(moving)).await?.json()["devices"][0]["id"].clone();
    checking.check("§6 a phone that moves: 204", commit("192.0.2.32", moving, &[]), done()).await?;
    let expected = document().at("/devices/0/ip", "192.0.2.32").at("/devices/0/id", before);
    checking.check("§6 found by mac: its ip is set", of_mac(moving), expected).await?;
    let expected = document().at("/devices/0/mac", staying).nothing_at("/devices/0/ip");
    checking.check("§6 with NAT 0 other devices lose that ip", of_mac(staying), expected).await?;
    checking.ask(commit("192.0.2.33", moving, &[VENDOR_CLASS])).await?.ok()?;
    let expected = document().at("/devices/0/vendor", "Cisco").at("/devices/0/model", "7960G");
    checking.check("§6 missing information is added", of_mac(moving), expected).await?;
    Ok(())
}

/// A phone of which only the address is known.
async fn by_address(checking: &mut Checking) -> Result<()> {
    let known = json!({"device": {"id": "addressed", "ip": "192.0.2.40", "description": "Lobby"}});
    checking.ask(post(DEVICES, &known)).await?.ok()?;
    checking.ask(commit("192.0.2.40", "00:1b:54:00:04:01", &[])).await?.ok()?;
    let expected = document().at("/device/mac", "00:1b:54:00:04:01").at("/device/description", "Lobby");
    checking
        .check("§6 found by ip, if nothing contradicts", get("/dev_mgr/devices/addressed"), expected)
        .await?;
    checking.ask(commit("192.0.2.40", "00:1b:54:00:04:02", &[])).await?.ok()?;
    let expected = document().that("/devices/0/id", "another device", |id| id != "addressed");
    checking.check("§6 not found by ip if its mac is another", of_mac("00:1b:54:00:04:02"), expected).await?;
    let expected = document().at("/device/mac", "00:1b:54:00:04:01");
    checking.check("§6 a known mac is kept", get("/dev_mgr/devices/addressed"), expected).await?;
    Ok(())
}

async fn behind_nat(checking: &mut Checking) -> Result<()> {
    checking.ask(put("/configure/NAT", &json!({"param": {"value": "1"}}))).await?.ok()?;
    for mac in ["00:1b:54:00:05:01", "00:1b:54:00:05:02"] {
        checking.ask(commit("192.0.2.50", mac, &[])).await?.ok()?;
    }
    for mac in ["00:1b:54:00:05:01", "00:1b:54:00:05:02"] {
        let expected = document().at("/devices/0/ip", "192.0.2.50");
        checking.check("§6 with NAT 1 several devices have one ip", of_mac(mac), expected).await?;
    }
    Ok(())
}
