//! Close is not quit: the window goes, the work stays, and the window comes back.

use std::time::Duration;

use crate::{
    scene::Scene,
    services::{Dunst, TrayHost, memory, post_id},
};

#[tokio::test]
async fn with_a_tray_a_closed_window_gives_its_memory_back_and_publishing_goes_on() {
    let mut scene = Scene::new();
    let dunst = Dunst::start(&mut scene).await;
    let tray = TrayHost::start(&scene).await;
    let mut program = scene.start(&[]);
    let window = scene.wait_for_window();
    scene.moulin_json(&["status", "--json"]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let open = memory(program.id());
    dunst.history().await;

    scene.press(&window, "alt+F4");
    scene.wait_for_no_window();
    assert!(program.is_running(), "closing the window ended the program");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let closed = memory(program.id());
    println!("memory: {open:.0} MiB with the window, {closed:.0} MiB in the tray");
    assert!(closed < open * 0.8, "{open:.0} MiB before, {closed:.0} MiB after");
    let explained = dunst.history().await;
    assert!(explained.iter().any(|one| one.starts_with("Le Vieux Moulin continue")), "{explained:?}");

    let answer = scene.moulin_json(&["publish", "--text", "Fenêtre fermée", "--to", "bluesky", "--json"]);
    scene.wait_for_delivery(&post_id(&answer), "published");

    // From the tray, and by a second start, which ends at once.
    tray.choose("Ouvrir Le Vieux Moulin").await;
    let window = scene.wait_for_window();
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.press(&window, "alt+F4");
    scene.wait_for_no_window();
    let mut second = scene.start(&[]);
    assert_eq!(second.ended(), Some(0));
    scene.wait_for_window();
    assert!(program.is_running());

    // Said once, not at every close.
    let explained = dunst.history().await;
    let times = explained.iter().filter(|one| one.starts_with("Le Vieux Moulin continue")).count();
    assert_eq!(times, 1, "{explained:?}");
}

#[tokio::test]
async fn the_tray_pauses_resumes_and_works_without_a_window() {
    let scene = Scene::new();
    let tray = TrayHost::start(&scene).await;
    let mut program = scene.start(&["--hidden"]);
    scene.moulin_json(&["status", "--json"]);
    assert_eq!(scene.windows(), Vec::<String>::new(), "a hidden start showed the window");
    tray.choose("Pendant une heure").await;
    tray.choose("Reprendre").await;
    tray.entry("Pendant une heure").await;
    let answer = scene.moulin_json(&["publish", "--text", "Sans fenêtre", "--to", "bluesky", "--json"]);
    scene.wait_for_delivery(&post_id(&answer), "published");
    // A hidden second start, as at login, does not bring a window.
    let mut login = scene.start(&["--hidden"]);
    assert_eq!(login.ended(), Some(0));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.windows(), Vec::<String>::new());
    assert!(program.is_running());
}
