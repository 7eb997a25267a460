//! The corpus of hostile wheels as a table: what each one is, and why it is refused. Of archives as such there are more
//! in `archive`.

use super::hostile;
use crate::archive::tests::table_of;

#[test]
fn wheels() {
    let table = table_of(&[
        hostile::identity,
        hostile::wheel_files,
        hostile::records,
        hostile::data_folders,
        hostile::entry_points,
        hostile::archives,
    ]);
    assert!(table.len() >= 120, "{} wheels", table.len());
    insta::assert_snapshot!(table.join("\n"));
}
