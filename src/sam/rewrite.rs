//! The template in its new place: paths lead to what was built, or to where they led before.

use std::collections::BTreeMap;
use std::path::Path;

use super::local_paths::{GRAPHQL, LOCAL_PATHS, built_property, moved};
use super::problem::{SamError, TemplateProblem};
use super::template::Template;
use super::unit::is_local;
use crate::yaml::{Edits, Node, NodeContent};

impl Template {
    /// The text for the folder `to`, where the resources of `built` lie at the paths that it names, relative to `to`.
    /// The template itself lies in `from`; both folders are absolute. All that names no path stays as it is, comments
    /// and tags too.
    ///
    /// # Errors
    /// A resource whose properties do not stand where they could be changed, with its line.
    pub fn rewritten(&self, built: &BTreeMap<String, String>, from: &Path, to: &Path) -> Result<String, SamError> {
        let mut edits = Edits::default();
        let refused = |name: &str, line: usize, text: String| {
            let problem = TemplateProblem::Text(format!("the path of `{name}` cannot be written: {text}"));
            SamError { file: self.file.clone(), line, problem }
        };
        let mut borrowed = Vec::new();
        for (name, line, node) in self.named_resources() {
            let kind = node.get("Type").and_then(Node::text).unwrap_or_default();
            let written = if let (Some(path), Some(property)) = (built.get(name), built_property(kind)) {
                self.set(&mut edits, node, property, path)
            } else {
                borrowed.extend(borrowed_paths(node, kind).into_iter().map(|path| (name, line, path)));
                self.move_paths(&mut edits, node, kind, from, to)
            };
            written.map_err(|text| refused(name, line, text))?;
        }
        // What a resource borrows may have become the path of one that was built.
        for (name, line, path) in borrowed {
            self.move_borrowed(&mut edits, &path, from, to).map_err(|text| refused(name, line, text))?;
        }
        self.move_includes(&mut edits, from, to);
        Ok(edits.apply(&self.document))
    }

    /// Says where a resource was built.
    fn set(&self, edits: &mut Edits, resource: &Node, property: &str, path: &str) -> Result<(), String> {
        let Some(properties) = resource.own("Properties") else {
            if resource.get("Properties").is_some() {
                return Err("its `Properties` must be written out, and not be merged in".to_owned());
            }
            return edits.insert_map(&self.document, resource, "Properties", (property, path));
        };
        match properties.own(property) {
            Some(value) => edits.replace(&self.document, value, path),
            None => edits.insert(&self.document, properties, property, path),
        }
    }

    /// Rewrites the local paths of a resource, so that they start at the new place.
    fn move_paths(&self, edits: &mut Edits, resource: &Node, kind: &str, from: &Path, to: &Path) -> Result<(), String> {
        let Some(properties) = resource.own("Properties") else { return Ok(()) };
        if kind == GRAPHQL.0 {
            let mut all = Vec::new();
            properties.visit(&mut |node| {
                all.extend(GRAPHQL.1.iter().filter_map(|key| node.own(key)));
            });
            return all.into_iter().try_for_each(|node| self.move_path(edits, node, from, to));
        }
        let known = LOCAL_PATHS.iter().filter(|(name, _)| *name == kind).flat_map(|(_, paths)| paths.iter());
        for path in known {
            let inner = path.split('.').try_fold(properties, |node, key| node.own(key));
            if let Some(node) = inner {
                self.move_path(edits, node, from, to)?;
            }
        }
        Ok(())
    }

    /// Rewrites a path that is merged in or stands behind an alias, unless it leads to the right place already.
    fn move_borrowed(&self, edits: &mut Edits, path: &Borrowed<'_>, from: &Path, to: &Path) -> Result<(), String> {
        let Some(text) = path.value.text().filter(|text| is_local(text) && !Path::new(text).is_absolute()) else {
            return Ok(());
        };
        let new = moved(text, from, to);
        match path.into {
            _ if edits.makes(path.value, &new) => Ok(()),
            Some((properties, property)) => edits.insert(&self.document, properties, property, &new),
            None => Err("it must be written out, and not stand behind an alias".to_owned()),
        }
    }

    fn move_path(&self, edits: &mut Edits, node: &Node, from: &Path, to: &Path) -> Result<(), String> {
        match node.text() {
            Some(text) if is_local(text) && !Path::new(text).is_absolute() && !edits.touch(&node.span) => {
                edits.replace(&self.document, node, &moved(text, from, to))
            }
            _ => Ok(()),
        }
    }

    /// Rewrites the paths of `AWS::Include`, which may stand anywhere, and the two files in the metadata of a published
    /// application.
    fn move_includes(&self, edits: &mut Edits, from: &Path, to: &Path) {
        let mut found = Vec::new();
        let names_include = |node: &Node| node.get("Name").and_then(Node::text) == Some("AWS::Include");
        self.document.root.visit(&mut |node| {
            let is_transform = node.tag.as_deref() == Some("Transform");
            let transform = if is_transform { Some(node) } else { node.own("Fn::Transform") };
            let include = transform.filter(|node| names_include(node));
            found.extend(include.and_then(|node| node.own("Parameters")?.own("Location")));
        });
        let published =
            self.document.root.own("Metadata").and_then(|node| node.own("AWS::ServerlessRepo::Application"));
        if let Some(published) = published {
            found.extend(["LicenseUrl", "ReadmeUrl"].iter().filter_map(|key| published.own(key)));
        }
        for node in found {
            // A path on several lines stays as it is; nothing of a build reads it.
            let _ = self.move_path(edits, node, from, to);
        }
    }
}

/// A path of a resource that is written elsewhere in the template.
struct Borrowed<'a> {
    value: &'a Node,
    /// The mapping and the key under which the path can be written for this resource alone.
    into: Option<(&'a Node, &'a str)>,
}

/// The local paths that a resource has of others: merged in, or behind an alias.
fn borrowed_paths<'a>(resource: &'a Node, kind: &str) -> Vec<Borrowed<'a>> {
    let Some(properties) = resource.get("Properties") else { return Vec::new() };
    let own = resource.own("Properties").filter(|node| matches!(node.content, NodeContent::Map { .. }));
    let known = LOCAL_PATHS.iter().filter(|(name, _)| *name == kind).flat_map(|(_, paths)| paths.iter());
    let borrowed = known.filter_map(|path| {
        if own.is_some_and(|own| path.split('.').try_fold(own, |node, key| node.own(key)).is_some()) {
            return None;
        }
        let value = path.split('.').try_fold(properties, |node, key| node.get(key))?.followed();
        let into = own.filter(|_| !path.contains('.')).map(|own| (own, *path));
        Some(Borrowed { value, into })
    });
    borrowed.collect()
}
