//! The command line of Le Vieux Moulin.

fn main() -> std::process::ExitCode {
    vieux_moulin_engine::cli::main()
}
