//! Projects whose modules are called otherwise than they are, as far as many use them.

/// Module and project, sorted.
const PROJECTS: &[(&str, &str)] = &[
    ("Crypto", "pycryptodome"),
    ("Cryptodome", "pycryptodomex"),
    ("MySQLdb", "mysqlclient"),
    ("OpenSSL", "pyOpenSSL"),
    ("PIL", "pillow"),
    ("_cffi_backend", "cffi"),
    ("attr", "attrs"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python-headless"),
    ("dateutil", "python-dateutil"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("fitz", "PyMuPDF"),
    ("git", "GitPython"),
    ("jose", "python-jose"),
    ("jwt", "PyJWT"),
    ("magic", "python-magic"),
    ("markdown_it", "markdown-it-py"),
    ("multipart", "python-multipart"),
    ("pkg_resources", "setuptools"),
    ("pptx", "python-pptx"),
    ("psycopg2", "psycopg2-binary"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("slugify", "python-slugify"),
    ("typing_extensions", "typing-extensions"),
    ("win32api", "pywin32"),
    ("yaml", "PyYAML"),
    ("zmq", "pyzmq"),
];

/// The project that brings a top-level module, where the two are called differently.
pub(crate) fn project_of_module(module: &str) -> Option<&'static str> {
    PROJECTS.binary_search_by(|(name, _)| (*name).cmp(module)).ok().map(|at| PROJECTS[at].1)
}

/// The project that brings the module which somebody has taken for a project, its name written as names of projects
/// are: `pil` for `PIL`.
pub(crate) fn project_meant_by(name: &str) -> Option<&'static str> {
    let is_meant = |module: &str| module.trim_start_matches('_').replace('_', "-").eq_ignore_ascii_case(name);
    PROJECTS.iter().find(|(module, project)| is_meant(module) && !project.eq_ignore_ascii_case(name)).map(|row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_as_they_are_imported_and_as_projects_are_written() {
        assert!(PROJECTS.is_sorted());
        assert_eq!((project_of_module("PIL"), project_of_module("pil")), (Some("pillow"), None));
        assert_eq!((project_meant_by("pil"), project_meant_by("cffi-backend")), (Some("pillow"), Some("cffi")));
        // Where both have one name, the project itself is meant.
        assert_eq!((project_meant_by("typing-extensions"), project_meant_by("requests")), (None, None));
    }
}
