//! One program per data folder: the rehearsal beside the real house, each with its own window.

use crate::{
    scene::{Scene, wait_for},
    services::TrayHost,
};

#[tokio::test]
async fn another_folder_starts_its_own_and_the_same_folder_brings_the_first_back() {
    let scene = Scene::new();
    let mut first = scene.start(&[]);
    scene.wait_for_window();
    scene.moulin_json(&["status", "--json"]);
    let mut other = scene.real_arguments();
    let folder = scene.path("other");
    let at = other.iter().position(|argument| argument == "--data-dir").unwrap();
    other[at + 1] = folder.to_str().unwrap().to_owned();
    let mut second = scene.start_with(&other, &[]);
    wait_for(|| (scene.windows().len() == 2).then_some(())).expect("a window of its own");
    wait_for(|| folder.join("moulin.local-key").exists().then_some(())).expect("an engine of its own");
    assert!(first.is_running() && second.is_running());
    // Written in another way it is still the same folder.
    let link = scene.path("link");
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    other[at + 1] = link.to_str().unwrap().to_owned();
    let mut third = scene.start_with(&other, &[]);
    assert_eq!(third.ended(), Some(0));
    assert_eq!(scene.windows().len(), 2);
    assert!(first.is_running() && second.is_running());
}

#[tokio::test]
async fn the_window_keeps_its_size_over_a_restart() {
    let scene = Scene::new();
    let tray = TrayHost::start(&scene).await;
    let size = (1020, 700);
    {
        let mut program = scene.start_with(&scene.real_arguments(), &[]);
        let window = scene.wait_for_window();
        scene.moulin_json(&["status", "--json"]);
        assert_ne!(scene.size(&window), size);
        scene.resize(&window, size.0, size.1);
        tray.choose("Quitter").await;
        assert_eq!(program.ended(), Some(0));
    }
    let _program = scene.start_with(&scene.real_arguments(), &[]);
    let window = scene.wait_for_window();
    let kept = wait_for(|| (scene.size(&window) == size).then_some(()));
    assert!(kept.is_some(), "{:?} instead of {size:?}", scene.size(&window));
}
