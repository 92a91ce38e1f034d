//! What the documents of devices and configs show, in terms of the columns of their tables.

/// Where a key of a document is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A text, absent when null.
    Text(&'static str),
    /// True or false, always there.
    Flag(&'static str),
    /// Present only when true.
    OnlyTrue(&'static str),
    /// The parents of a config, a list of texts.
    Parents,
    /// Somewhere in compact JSON, an object.
    Json(&'static str),
    /// Nowhere as it is shown.
    Elsewhere,
}

/// A table of records that can be found.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Texts that are stored as they are shown, under their own name.
    texts: &'static [&'static str],
    /// Those with an index, followed by `seq`. Few records have the same value, mostly.
    telling: &'static [&'static str],
    /// The same, where many records may have the same value.
    grouping: &'static [&'static str],
    others: &'static [(&'static str, Place)],
}

pub(super) const DEVICES: Table = Table {
    name: "devices",
    texts: &[
        "id",
        "mac",
        "ip",
        "sn",
        "uuid",
        "vendor",
        "model",
        "version",
        "plugin",
        "config",
        "added",
        "remote_state_sip_username",
        "last_error",
    ],
    telling: &["id", "mac", "uuid", "sn", "ip", "config"],
    grouping: &["plugin"],
    others: &[
        ("configured", Place::Flag("configured")),
        ("last_error_at", Place::Elsewhere),
        // Both depend on who asks.
        ("tenant_uuid", Place::Elsewhere),
        ("is_new", Place::Elsewhere),
    ],
};

pub(super) const CONFIGS: Table = Table {
    name: "configs",
    texts: &["id", "role"],
    telling: &["id"],
    grouping: &["role"],
    others: &[
        ("parent_ids", Place::Parents),
        ("raw_config", Place::Json("raw_config")),
        ("transient", Place::OnlyTrue("transient")),
        ("deletable", Place::Elsewhere),
    ],
};

impl Table {
    /// Where a key that is not dotted is stored.
    pub(super) fn place(&self, key: &str) -> Place {
        if let Some(column) = self.text(key) {
            return Place::Text(column);
        }
        let other = self.others.iter().find(|(name, _)| *name == key);
        other.map_or(Place::Json("extra"), |(_, place)| *place)
    }

    /// The column of a key that is shown as the text it is stored as.
    pub(super) fn text(&self, key: &str) -> Option<&'static str> {
        self.texts.iter().copied().find(|name| *name == key)
    }

    /// The place of a column among those that have an index, the most telling first.
    pub(super) fn rank(&self, column: &str) -> Option<usize> {
        self.telling.iter().chain(self.grouping).position(|name| *name == column)
    }

    /// Whether few records have the same value in this column.
    pub(super) fn is_telling(&self, column: &str) -> bool {
        self.telling.contains(&column)
    }
}
