//! What a desktop offers to its programs: a notification server (dunst, a real one) and a place for
//! tray icons (a watcher and host of this test, which reads and clicks the menu as a panel does).
// The bus asks for methods; this watcher has little to say.
#![allow(clippy::unused_self, clippy::used_underscore_binding)]

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value as Json;
use zbus::{
    Connection, Proxy, connection, message::Header, names::BusName, zvariant::OwnedValue, zvariant::Value,
};

use crate::scene::{PATIENCE, Scene};

const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const PAUSE: Duration = Duration::from_millis(150);

/// A connection to the bus of the scene.
pub async fn bus(scene: &Scene) -> Connection {
    connection::Builder::address(scene.bus_address.as_str()).unwrap().build().await.unwrap()
}

/// The notification server.
pub struct Dunst {
    control: Proxy<'static>,
}

impl Dunst {
    pub async fn start(scene: &mut Scene) -> Self {
        let configuration = scene.path("dunstrc");
        fs::write(&configuration, "[global]\nhistory_length=100\nsticky_history=yes\n").unwrap();
        scene.start_beside("dunst", &["-conf", configuration.to_str().unwrap()]);
        let bus = bus(scene).await;
        let names = zbus::fdo::DBusProxy::new(&bus).await.unwrap();
        let owned = async || names.name_has_owner(BusName::try_from(NOTIFICATIONS).unwrap()).await.unwrap();
        until(async || owned().await.then_some(())).await.expect("dunst takes its name");
        let control = zbus::proxy::Builder::new(&bus)
            .destination(NOTIFICATIONS)
            .unwrap()
            .path("/org/freedesktop/Notifications")
            .unwrap()
            .interface("org.dunstproject.cmd0")
            .unwrap()
            // Dunst does not announce that its counts change.
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build();
        Self { control: control.await.unwrap() }
    }

    /// How many notifications are on the screen now.
    pub async fn displayed(&self) -> u32 {
        self.control.get_property("displayedLength").await.unwrap()
    }

    /// Presses the main button of the newest notification.
    pub async fn press(&self) {
        self.control.call::<_, _, ()>("NotificationAction", &0_u32).await.unwrap();
    }

    /// The icons of all that was ever shown.
    pub async fn icons(&self) -> Vec<String> {
        self.shown("icon_path").await
    }

    /// Closes everything and returns "title | text" of all that was ever shown, newest first.
    pub async fn history(&self) -> Vec<String> {
        self.close_all().await;
        let (titles, texts) = (self.shown("summary").await, self.shown("body").await);
        titles.iter().zip(texts).map(|(title, text)| format!("{title} | {text}")).collect()
    }

    async fn close_all(&self) {
        self.control.call::<_, _, ()>("NotificationCloseAll", &()).await.unwrap();
        until(async || (self.displayed().await == 0).then_some(())).await.expect("all are closed");
    }

    /// One field of the history, newest first.
    async fn shown(&self, field: &str) -> Vec<String> {
        let shown: Vec<std::collections::HashMap<String, OwnedValue>> =
            self.control.call("NotificationListHistory", &()).await.unwrap();
        let text = |value: Option<&OwnedValue>| match value.map(|value| &**value) {
            Some(Value::Str(text)) => text.to_string(),
            _ => String::new(),
        };
        shown.iter().map(|one| text(one.get(field))).collect()
    }
}

/// The place for tray icons.
pub struct TrayHost {
    bus: Connection,
    items: Arc<Mutex<Vec<(String, String)>>>,
}

struct Watcher {
    items: Arc<Mutex<Vec<(String, String)>>>,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// An icon gives its object path, or its bus name with the usual path.
    fn register_status_notifier_item(&self, #[zbus(header)] header: Header<'_>, service: &str) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let item = if service.starts_with('/') {
            (sender, service.to_owned())
        } else {
            (service.to_owned(), "/StatusNotifierItem".to_owned())
        };
        self.items.lock().unwrap().push(item);
    }

    #[allow(clippy::unused_self, reason = "the macro calls a method")]
    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.lock().unwrap().iter().map(|(name, path)| format!("{name}{path}")).collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// One entry of the tray's menu.
#[derive(Clone, Debug)]
pub struct Entry {
    id: i32,
    pub label: String,
}

impl TrayHost {
    pub async fn start(scene: &Scene) -> Self {
        let items = Arc::new(Mutex::new(Vec::new()));
        let watcher = Watcher { items: items.clone() };
        let bus = connection::Builder::address(scene.bus_address.as_str())
            .unwrap()
            .serve_at("/StatusNotifierWatcher", watcher)
            .unwrap()
            .name(WATCHER)
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { bus, items }
    }

    /// The menu of the one icon.
    async fn menu(&self) -> Proxy<'static> {
        let (name, path) = until(async || self.items.lock().unwrap().last().cloned())
            .await
            .expect("an icon registers itself");
        let item = Proxy::new(&self.bus, name.clone(), path, "org.kde.StatusNotifierItem").await.unwrap();
        let menu: zbus::zvariant::OwnedObjectPath = item.get_property("Menu").await.unwrap();
        Proxy::new(&self.bus, name, menu, "com.canonical.dbusmenu").await.unwrap()
    }

    /// All entries of the menu, with those of its submenus.
    pub async fn entries(&self) -> Vec<Entry> {
        let menu = self.menu().await;
        // The menu may just be replaced by a new one.
        let Ok(reply) = menu.call_method("GetLayout", &(0_i32, -1_i32, vec!["label"])).await else {
            return Vec::new();
        };
        let body = reply.body();
        let layout: zbus::zvariant::Structure<'_> = body.deserialize().unwrap();
        let mut entries = Vec::new();
        for field in layout.fields() {
            collect(field, &mut entries);
        }
        entries
    }

    /// Chooses an entry, as soon as the menu has it.
    pub async fn choose(&self, label: &str) {
        let entry = self.entry(label).await;
        let arguments = (entry.id, "clicked", Value::from(""), 0_u32);
        self.menu().await.call_method("Event", &arguments).await.unwrap();
    }

    /// Waits until the menu has an entry.
    pub async fn entry(&self, label: &str) -> Entry {
        let mut last = Vec::new();
        let entry = until(async || {
            last = self.entries().await;
            last.iter().find(|entry| entry.label == label).cloned()
        })
        .await;
        entry.unwrap_or_else(|| panic!("{label} is not in the menu: {last:?}"))
    }
}

/// A node is (number, properties, children), each child wrapped once more.
fn collect(value: &Value<'_>, entries: &mut Vec<Entry>) {
    match value {
        Value::Value(inner) => collect(inner, entries),
        Value::Structure(node) => {
            let [Value::I32(id), Value::Dict(properties), Value::Array(children)] = node.fields() else {
                return;
            };
            for (name, label) in properties.iter() {
                let label = if let Value::Value(inner) = label { inner } else { label };
                if let (Value::Str(name), Value::Str(label)) = (name, label)
                    && name.as_str() == "label"
                {
                    entries.push(Entry { id: *id, label: label.to_string() });
                }
            }
            for child in children.iter() {
                collect(child, entries);
            }
        }
        _ => {}
    }
}

/// Asks again and again until there is an answer.
pub async fn until<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let start = std::time::Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

/// The proportional set size of a process and of all that it started, in MiB: shared pages are counted
/// once.
pub fn memory(root: u32) -> f64 {
    let mut kib = 0;
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
        kib += line.trim().trim_end_matches(" kB").parse::<u32>().unwrap_or(0);
        for task in fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            open.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    f64::from(kib) / 1024.0
}

/// The identity of the post that `moulin publish --json` made.
pub fn post_id(answer: &Json) -> String {
    answer["post_id"].as_str().unwrap_or_else(|| panic!("no post in {answer}")).to_owned()
}
