//! The corpus of hostile archives as a table: what each one is, and why it is refused.
//!
//! The archives are built byte by byte in the files beside this one, by changing an honest one in one place; the tables
//! are the snapshots. `cargo insta review` shows what a change of the readers makes of them.

use super::{content, entries, headers, structure, table_of, tar};

#[test]
fn zips() {
    let table = table_of(&[
        structure::what_is_no_archive,
        structure::bytes_before_between_and_behind,
        structure::several_or_lying_end_records,
        structure::zip64_oddities,
        structure::a_directory_that_is_none,
        structure::a_tar_at_the_same_time,
        headers::local_headers_that_disagree,
        headers::descriptors_that_lie,
        headers::extra_fields,
        headers::zip64_fields,
        entries::names_that_lead_elsewhere,
        entries::names_that_are_read_in_two_ways,
        entries::names_that_clash,
        entries::what_is_no_file,
        entries::flags_and_methods,
        content::contents_that_are_not_what_was_promised,
        content::bombs,
    ]);
    assert!(table.len() >= 200, "{} zips", table.len());
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn tars() {
    let table = table_of(&[
        tar::links_become_copies,
        tar::names_that_lead_elsewhere,
        tar::kinds_that_are_no_files,
        tar::extended_headers_that_trick,
        tar::headers_that_lie,
        tar::ends_that_are_none,
        tar::gzip_members_that_trick,
        tar::bombs_are_refused,
        tar::a_zip_is_a_source_archive_too,
        tar::the_tar_crate_agrees,
    ]);
    assert!(table.len() >= 110, "{} tars", table.len());
    insta::assert_snapshot!(table.join("\n"));
}
