fn main() {
    // The commands of the bridge, so that the window gets a permission for each and for nothing else.
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(
        tauri_build::AppManifest::new().commands(&[
            "api",
            "subscribe",
            "open_external",
            "reveal",
            "save_text",
            "autostart_get",
            "autostart_set",
            "quit",
            "start_state",
            "start_again",
            "start_with_passphrase",
            "start_reveal",
        ]),
    ))
    .expect("the Tauri build script failed");
}
