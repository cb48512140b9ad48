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
        ]),
    ))
    .expect("the Tauri build script failed");
}
