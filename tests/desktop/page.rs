//! The page inside the window, driven through WebKitWebDriver: the W3C protocol in plain requests, with
//! the program as the browser. No `browserName`: the driver would look for its own browser.

use std::{
    net::TcpListener,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::scene::{PATIENCE, Running, Scene, binary};

/// Member that holds an element's number in every answer (W3C WebDriver, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The page of a window that WebDriver started.
pub struct Page {
    client: reqwest::Client,
    session: String,
    _driver: Running,
}

impl Page {
    /// Starts the driver, and the window through it.
    pub async fn open(scene: &Scene) -> Self {
        Self::open_with(scene, &scene.arguments()).await
    }

    /// The same with other arguments.
    pub async fn open_with(scene: &Scene, arguments: &[String]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = scene.command("WebKitWebDriver");
        // Without these the program refuses to be driven.
        command.arg(format!("--port={port}")).env("TAURI_AUTOMATION", "true");
        let driver = Running::start(command.env("TAURI_WEBVIEW_AUTOMATION", "true"));
        let client = vieux_moulin_tests::peer::client().unwrap();
        let address = format!("http://127.0.0.1:{port}/session");
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": {
            "binary": binary("vieux-moulin"),
            "args": arguments,
        } } } });
        let start = Instant::now();
        let session = loop {
            let answer = client.post(&address).timeout(PATIENCE).json(&wanted).send().await;
            match answer {
                Ok(answer) => {
                    let answer: Value = answer.json().await.unwrap();
                    let id = answer["value"]["sessionId"].as_str();
                    break id.unwrap_or_else(|| panic!("no session: {answer}")).to_owned();
                }
                Err(error) => assert!(start.elapsed() < PATIENCE, "the driver does not answer: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        Self { client, session: format!("{address}/{session}"), _driver: driver }
    }

    async fn post(&self, command: &str, body: Value) -> Result<Value, Value> {
        let address = format!("{}/{command}", self.session);
        let request = self.client.post(address).timeout(PATIENCE).json(&body);
        let answer = request.send().await.unwrap();
        let is_success = answer.status().is_success();
        let mut answer: Value = answer.json().await.unwrap();
        if is_success { Ok(answer["value"].take()) } else { Err(answer["value"].take()) }
    }

    /// The value of a script in the page.
    pub async fn script(&self, script: &str, arguments: Value) -> Value {
        let body = json!({ "script": script, "args": arguments });
        self.post("execute/sync", body).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// One request of the page to the engine, through the shell's bridge: status and body.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> (u64, Value) {
        let headers = json!({ "content-type": "application/json" });
        let body = if body.is_null() { body } else { Value::from(body.to_string()) };
        let request = json!({ "method": method, "path": path, "headers": headers, "body": body });
        let script = "const done = arguments[1];
            window.__TAURI_INTERNALS__.invoke('api', arguments[0])
                .then(done, (error) => done({ status: 0, body: JSON.stringify(String(error)) }));";
        let answer =
            self.post("execute/async", json!({ "script": script, "args": [request] })).await.unwrap();
        let text = answer["body"].as_str().unwrap_or_default();
        (answer["status"].as_u64().unwrap(), serde_json::from_str(text).unwrap_or(Value::Null))
    }

    /// What the shell says to a command of which the page should know nothing.
    pub async fn invoke(&self, command: &str) -> String {
        let script = "const done = arguments[1];
            window.__TAURI_INTERNALS__.invoke(arguments[0], {})
                .then((answer) => done(JSON.stringify(answer) ?? 'done'), (error) => done(String(error)));";
        let body = json!({ "script": script, "args": [command] });
        self.post("execute/async", body).await.unwrap().as_str().unwrap_or_default().to_owned()
    }

    /// Number of the first element, as soon as there is one.
    pub async fn find(&self, selector: &str) -> String {
        self.find_within(selector, PATIENCE).await
    }

    pub async fn find_within(&self, selector: &str, limit: Duration) -> String {
        let start = Instant::now();
        loop {
            if let Some(element) = self.look_for(selector).await {
                return element;
            }
            if start.elapsed() > limit {
                let text = self.script("return document.body.innerText", json!([])).await;
                let picture = Self::photograph("missing");
                panic!("{selector} is not there after {limit:?} (see {picture}); the page says: {text}");
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// Number of the first element, if there is one now.
    pub async fn look_for(&self, selector: &str) -> Option<String> {
        let found = self.post("element", json!({ "using": "css selector", "value": selector })).await;
        found.ok().and_then(|found| found[ELEMENT].as_str().map(str::to_owned))
    }

    pub async fn click(&self, testid: &str) {
        let element = self.aim_at(testid).await;
        if let Err(error) = self.post(&format!("element/{element}/click"), json!({})).await {
            let picture = Self::photograph("click");
            panic!("{testid} cannot be clicked (see {picture}): {error}");
        }
    }

    /// A click that ends the program, perhaps before the driver has its answer: what it did is asked of
    /// the program's traces, never of this session.
    pub async fn click_for_the_last_time(&self, testid: &str) {
        let element = self.aim_at(testid).await;
        let address = format!("{}/element/{element}/click", self.session);
        let _ = self.client.post(address).timeout(PATIENCE).json(&json!({})).send().await;
    }

    /// Number of the element, brought to where it can be clicked: the bar at the bottom of a form may lie
    /// over what WebDriver scrolls to the edge.
    async fn aim_at(&self, testid: &str) -> String {
        let element = self.find(&by_id(testid)).await;
        let centre = "arguments[0].scrollIntoView({ block: 'center' })";
        self.script(centre, json!([{ ELEMENT: element }])).await;
        element
    }

    /// Types into a field; for a file field, chooses the file.
    pub async fn type_into(&self, testid: &str, text: &str) {
        let element = self.find(&by_id(testid)).await;
        let typed = self.post(&format!("element/{element}/value"), json!({ "text": text })).await;
        typed.unwrap_or_else(|error| panic!("{testid} takes no text: {error}"));
    }

    /// Sets a field whose own editor differs from platform to platform, as dates do.
    pub async fn set(&self, testid: &str, value: &str) {
        let selector = by_id(testid);
        self.find(&selector).await;
        let script = "const field = document.querySelector(arguments[0]);
            field.value = arguments[1];
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));
            return field.value;";
        assert_eq!(self.script(script, json!([selector, value])).await, value, "{testid}");
    }

    /// Empties a field.
    pub async fn clear(&self, testid: &str) {
        let element = self.find(&by_id(testid)).await;
        self.post(&format!("element/{element}/clear"), json!({})).await.unwrap();
    }

    /// The text of the whole page.
    pub async fn text(&self) -> String {
        self.script("return document.body.innerText", json!([])).await.as_str().unwrap_or_default().to_owned()
    }

    /// Keeps a picture of the screen below the build folder and returns its place. Not through the driver,
    /// which waits without end for a page that has nothing new to paint.
    pub fn photograph(name: &str) -> String {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("desktop-{name}.png"));
        // Only a help for the person who reads the result.
        let _ = Command::new("import").args(["-window", "root"]).arg(&place).status();
        place.display().to_string()
    }
}

/// The selector of a stable name (`ui/e2e/README.md`).
pub fn by_id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}
