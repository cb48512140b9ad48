//! `moulin-sandbox`: the doubles as a process of their own.

fn main() -> anyhow::Result<()> {
    vieux_moulin_sandbox::cli::run_cli(std::env::args_os())
}
