//! The input of a folder for which the user named none.

use std::path::Path;

use barrow::lock;

use super::{Settings, parse};
use crate::failure::Failure;
use crate::host::Host;
use crate::output::Output;

impl Settings {
    /// Takes the input of a folder of the user's own files when the user named none; without any input, its files alone
    /// are bundled.
    pub(crate) fn detect_input_of_source(
        &mut self,
        (host, output): (&Host, &Output),
        folder: &Path,
    ) -> Result<(), Failure> {
        let absolute = parse::normalized(&host.working_folder.join(folder));
        let is_alone = self.check_something_required(&[]).is_err() && lock::find_input(&absolute).is_none();
        let is_empty = fs_err::read_dir(&absolute).is_ok_and(|mut entries| entries.next().is_none());
        if !is_alone || is_empty || self.files.no_source {
            return self.detect_input((host, output), folder, &[]);
        }
        if lock::pipfile_asks(&absolute) {
            let pipfile = folder.join("Pipfile");
            let message = format!("`{}` names what is required, and is not locked", pipfile.display());
            return Err(
                Failure::usage(message).hint("make a Pipfile.lock with `pipenv lock`, or name another file with -r")
            );
        }
        output.status(&alone(folder));
        for (name, why) in lock::passed_over(&absolute) {
            output.warn(&format!("`{}` is not read: {why}", folder.join(name).display()));
        }
        Ok(())
    }

    /// Takes the input of `folder` when the user named none, and says which one it is.
    pub(crate) fn detect_input(
        &mut self,
        (host, output): (&Host, &Output),
        folder: &Path,
        positional: &[String],
    ) -> Result<(), Failure> {
        if !self.looks_into(folder, positional) {
            return Ok(());
        }
        let absolute = parse::normalized(&host.working_folder.join(folder));
        let Some(found) = lock::find_input(&absolute) else {
            let names = lock::candidates().join(", ");
            let failure = Failure::usage(format!("`{}` has none of {names}", absolute.display()));
            let beside = lock::other_lists(&absolute).into_iter().find(|name| name.strip_suffix(".txt").is_some());
            return Err(match beside {
                Some(name) => failure.hint(format!("`{}` is there: name it with -r", folder.join(name).display())),
                None if lock::pipfile_asks(&absolute) => failure.hint("its Pipfile is not locked: run `pipenv lock`"),
                None => failure.hint("name a requirements file with -r"),
            });
        };
        // What lies in the folder is shown as the user named that, and what lies above it from here.
        let shown = |path: &Path| match path.strip_prefix(&absolute) {
            Ok(below) if folder == Path::new(".") => below.to_owned(),
            Ok(below) => folder.join(below),
            Err(_) => parse::relative(path, &host.working_folder),
        };
        let input = shown(&found.file);
        output.status(&format!("Using {}", input.display()));
        for (unused, why) in &found.unused {
            output.status(&format!("{} is not used: {why}", shown(unused).display()));
        }
        self.options.inputs.requirement_files.push(input);
        self.options.inputs.are_found = true;
        Ok(())
    }

    /// Takes the input of `source`, a unit's, when none was named and there is one; otherwise its own files are all that
    /// there is, which is told; `unit` stands before it.
    pub(crate) fn take_input_of(&mut self, (host, output): (&Host, &Output), source: &Path, unit: &str) {
        let absolute = host.working_folder.join(source);
        if !self.looks_into(&absolute, &[]) {
            return;
        }
        let absolute = parse::normalized(&absolute);
        if let Some(found) = lock::find_input(&absolute) {
            self.options.inputs.requirement_files.push(found.file);
            self.options.inputs.are_found = true;
            return;
        }
        let shown = absolute.strip_prefix(&host.working_folder).unwrap_or(&absolute);
        let shown = if shown.as_os_str().is_empty() { Path::new(".") } else { shown };
        output.status(&format!("{unit}{}", alone(shown)));
    }

    /// Makes a folder that of the project, and says whether its input is looked for: where the user named none.
    fn looks_into(&mut self, folder: &Path, positional: &[String]) -> bool {
        self.options.lock.folder = Some(folder.to_owned());
        self.check_something_required(positional).is_err()
    }

    /// The project of a lock is wanted with its packages, unless the user does not want it.
    pub(crate) fn want_project(&mut self) {
        self.options.lock.with_project = !(self.no_project || self.files.no_source);
    }
}

fn alone(folder: &Path) -> String {
    format!("`{}` names no dependencies: its own files alone are bundled", folder.display())
}
