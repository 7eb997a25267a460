//! Projects of which the sources do not build on an ordinary machine, and the project that does the same job in wheels.

/// A project with only sources on its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin {
    /// Its normalized name.
    pub name: &'static str,
    /// Why building it fails.
    pub because: &'static str,
    /// What to require in its place.
    pub instead: &'static str,
}

/// The projects, each below the document that says so; `tests/network/twins` holds all of them against PyPI.
const TWINS: &[Twin] = &[
    // psycopg documentation, "Installation", "Psycopg 2 or psycopg2-binary".
    Twin { name: "psycopg2", because: "it links with libpq", instead: "psycopg2-binary" },
    // psycopg 3 documentation, "Installation", "Binary installation".
    Twin { name: "psycopg-c", because: "it links with libpq", instead: "psycopg-binary" },
    // mysqlclient README, "Install"; PyMySQL README: `pymysql.install_as_MySQLdb()`.
    Twin { name: "mysqlclient", because: "it links with libmysqlclient", instead: "PyMySQL" },
    // MySQLdb1 README: the project is legacy and for Python 2 alone.
    Twin { name: "mysql-python", because: "it links with libmysqlclient, and is for Python 2", instead: "PyMySQL" },
    // PyCryptodome documentation, "Installation": it takes the place of the old library.
    Twin { name: "pycrypto", because: "it does not build for Python 3.8 and later", instead: "pycryptodome" },
    // Project page of sklearn on PyPI: its build ends with an error on purpose.
    Twin { name: "sklearn", because: "it is a name alone, and ends its build on purpose", instead: "scikit-learn" },
    // Project page of tensorflow-gpu on PyPI: it has been removed.
    Twin {
        name: "tensorflow-gpu",
        because: "it is a name alone, and ends its build on purpose",
        instead: "tensorflow",
    },
];

/// The project that does the same job in wheels, where that is known.
pub fn twin_of(name: &crate::spec::PackageName) -> Option<Twin> {
    of(name.as_ref()).copied()
}

/// The row of a project, where it has one.
pub(super) fn of(name: &str) -> Option<&'static Twin> {
    TWINS.iter().find(|twin| twin.name == name)
}
