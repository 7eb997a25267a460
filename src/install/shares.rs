//! What an output gets of each distribution, placed by all threads together.
//!
//! The work is cut into pieces: files of one distribution in one folder, so that each side's folder is opened once for
//! all of them. One thread makes the folders, in order, and the others follow behind it.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, chmodat, mkdirat, openat, statat};
use rustix::io::Errno;

use super::installed::InstalledDist;
use super::link::{EntryAt, LinkMode, Way};
use super::look::Sight;
use super::tree::folders_of;
use crate::archive::folder_and_name;
use crate::modes::where_modes_are_kept;

/// Files of a piece, at most, so that the threads end together.
const PIECE_FILES: usize = 64;
/// Bytes of a piece, at most, unless one file alone has more: copying takes as long as there are bytes.
const PIECE_BYTES: u64 = 4 << 20;
/// Files from which opening their folder is worth it: a path below the tree's root is looked up in a microsecond as
/// well.
const WORTH_OPENING: usize = 3;
/// Pieces for which one more thread is worth its start.
const WORTH_A_THREAD: usize = 4;

/// Files of one distribution.
#[derive(Clone, Debug)]
pub struct Share<'a> {
    /// The distribution.
    pub dist: &'a InstalledDist,
    /// The files, as places in the list of the distribution's files, ascending.
    pub files: Vec<usize>,
}

/// How files were placed.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The weakest way that was needed: another one than was asked for where the file systems cannot do that.
    pub mode: LinkMode,
    /// What each file of each share looks like in the output.
    pub seen: Vec<Vec<Sight>>,
}

/// A file could not be placed in an output.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The file system refused.
    #[error("failed to place `{}`", path.display())]
    Place { path: PathBuf, source: io::Error },
    /// Someone changed the file in the cache since it was unpacked: [`super::ensure_tree`] mends it.
    #[error("`{}` was changed in the cache", path.display())]
    Changed { path: PathBuf },
    /// The distribution was installed without its files.
    #[error("it has not been unpacked")]
    NotUnpacked,
}

/// Places the shares below the folder `to`, with the folders that they need. After an error the position of the share
/// tells whose file it was.
///
/// Each file is looked at before it is placed: it must be as it was unpacked. Nothing that is there is overwritten or
/// written through: a file or link in the place of a file, and a link in the place of a folder, are errors. Folders get
/// mode 0755, files theirs, whatever the umask.
pub fn link_shares(shares: &[Share<'_>], to: &Path, mode: LinkMode) -> Result<Linked, (usize, LinkError)> {
    if shares.is_empty() {
        return Ok(Linked { mode, seen: Vec::new() });
    }
    let work = Work::cut(shares);
    let root = open(CWD, to).map_err(|source| (0, LinkError::Place { path: to.to_owned(), source }))?;
    let trees = open_trees(shares)?;
    let run = Placement {
        shares,
        work: &work,
        trees: &trees,
        to,
        root: &root,
        way: Way::new(mode),
        made: AtomicUsize::new(0),
        next: AtomicUsize::new(0),
        done: Mutex::default(),
        has_failed: AtomicBool::new(false),
        failed: Mutex::default(),
    };
    rayon::scope(|scope| {
        let threads = rayon::current_num_threads().min(work.pieces.len().div_ceil(WORTH_A_THREAD));
        for _ in 1..threads {
            scope.spawn(|_| run.place_pieces());
        }
        run.make_folders();
        run.place_pieces();
    });
    if let Some((share, error)) = run.failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err((share, error));
    }
    let mut seen: Vec<Vec<Sight>> = shares.iter().map(|share| vec![Sight::default(); share.files.len()]).collect();
    for (piece, found) in run.done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        let Piece { share, files, .. } = &work.pieces[piece];
        files.iter().zip(found).for_each(|(&file, sight)| seen[*share][file] = sight);
    }
    Ok(Linked { mode: run.way.get(), seen })
}

/// The trees of the shares, opened.
fn open_trees(shares: &[Share<'_>]) -> Result<Vec<OwnedFd>, (usize, LinkError)> {
    let opened = shares.iter().enumerate().map(|(at, share)| {
        let tree = share.dist.tree.as_ref().ok_or((at, LinkError::NotUnpacked))?;
        let failed = |source| (at, LinkError::Place { path: tree.folder.clone(), source });
        open(CWD, &tree.folder).map_err(failed)
    });
    opened.collect()
}

/// All that is to be done.
struct Work<'a> {
    /// Every folder, outer ones first.
    folders: Vec<&'a str>,
    /// In the order of their folders.
    pieces: Vec<Piece<'a>>,
}

/// Files of one share in one folder.
struct Piece<'a> {
    share: usize,
    folder: &'a str,
    /// How many folders have to be there.
    needs: usize,
    /// Positions in the share's list.
    files: Vec<usize>,
}

impl<'a> Work<'a> {
    fn cut(shares: &[Share<'a>]) -> Self {
        let paths = shares.iter().flat_map(|share| share.files.iter().map(|&file| &share.dist.files[file].path));
        let folders: Vec<&str> = folders_of(paths).into_iter().collect();
        let mut pieces = Vec::new();
        for (share, Share { dist, files }) in shares.iter().enumerate() {
            let mut by_folder: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            let folder_of = |&file: &usize| folder_and_name(dist.files[file].path.as_str()).0;
            let mut position = 0;
            for neighbours in files.chunk_by(|one, next| folder_of(one) == folder_of(next)) {
                let end = position + neighbours.len();
                by_folder.entry(folder_of(&neighbours[0])).or_default().extend(position..end);
                position = end;
            }
            for (folder, positions) in by_folder {
                let needs = folders.partition_point(|other| *other <= folder);
                let (mut piece, mut bytes) = (Vec::new(), 0);
                for position in positions {
                    let size = dist.files[files[position]].size;
                    if piece.len() == PIECE_FILES || (bytes + size > PIECE_BYTES && !piece.is_empty()) {
                        pieces.push(Piece { share, folder, needs, files: std::mem::take(&mut piece) });
                        bytes = 0;
                    }
                    piece.push(position);
                    bytes += size;
                }
                pieces.push(Piece { share, folder, needs, files: piece });
            }
        }
        pieces.sort_by_key(|piece| piece.needs);
        Self { folders, pieces }
    }
}

/// The work under way, shared by the threads.
struct Placement<'a> {
    shares: &'a [Share<'a>],
    work: &'a Work<'a>,
    trees: &'a [OwnedFd],
    to: &'a Path,
    root: &'a OwnedFd,
    way: Way,
    /// Folders that are there.
    made: AtomicUsize,
    /// The piece that is taken next.
    next: AtomicUsize,
    done: Mutex<Vec<(usize, Vec<Sight>)>>,
    /// Set once something failed: every thread ends.
    has_failed: AtomicBool,
    /// The first failure.
    failed: Mutex<Option<(usize, LinkError)>>,
}

impl Placement<'_> {
    fn make_folders(&self) {
        let mut has_umask = None;
        for folder in &self.work.folders {
            if let Err(source) = make_folder(self.root.as_fd(), folder, &mut has_umask) {
                let share = self.work.pieces.iter().find(|piece| piece.folder.starts_with(folder));
                let path = self.to.join(folder);
                self.fail(share.map_or(0, |piece| piece.share), LinkError::Place { path, source });
                return;
            }
            self.made.fetch_add(1, Ordering::Release);
        }
    }

    fn place_pieces(&self) {
        let mut mine = Vec::new();
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = self.work.pieces.get(at) else { break };
            while self.made.load(Ordering::Acquire) < piece.needs && !self.has_failed.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            if self.has_failed.load(Ordering::Relaxed) {
                break;
            }
            match self.place(piece) {
                Ok(seen) => mine.push((at, seen)),
                Err(error) => self.fail(piece.share, error),
            }
        }
        self.done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut mine);
    }

    fn place(&self, piece: &Piece<'_>) -> Result<Vec<Sight>, LinkError> {
        let Share { dist, files } = &self.shares[piece.share];
        let tree = dist.tree.as_ref().ok_or(LinkError::NotUnpacked)?;
        let source_root = self.trees[piece.share].as_fd();
        let folders = if piece.files.len() >= WORTH_OPENING && !piece.folder.is_empty() {
            open(source_root, Path::new(piece.folder)).ok().zip(open(self.root, Path::new(piece.folder)).ok())
        } else {
            None
        };
        let place = |&position: &usize| {
            let file = files[position];
            let (stamp, file) = (&tree.stamps[file], &dist.files[file]);
            let path = file.path.as_str();
            let (source, target) = match &folders {
                Some((source, target)) => {
                    let name = &path[piece.folder.len() + 1..];
                    (EntryAt { folder: source.as_fd(), name }, EntryAt { folder: target.as_fd(), name })
                }
                None => {
                    (EntryAt { folder: source_root, name: path }, EntryAt { folder: self.root.as_fd(), name: path })
                }
            };
            let changed = || LinkError::Changed { path: file.path.below(&tree.folder) };
            let seen = source
                .look()
                .ok()
                .filter(|seen| stamp.matches(*seen, file.size, file.executable))
                .ok_or_else(changed)?;
            let placed = self.way.place(source, target, file.mode(), seen);
            placed.map_err(|source| LinkError::Place { path: file.path.below(self.to), source })
        };
        piece.files.iter().map(place).collect()
    }

    fn fail(&self, share: usize, error: LinkError) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((share, error));
        self.has_failed.store(true, Ordering::Relaxed);
    }
}

/// Makes a folder with mode 0755; one that is there already stays as it is, a link to one is refused. What the umask
/// and inherited access lists make of one folder of a tree they make of all: the first one is looked at, and
/// `has_umask` tells the others.
fn make_folder(root: BorrowedFd<'_>, folder: &str, has_umask: &mut Option<bool>) -> io::Result<()> {
    let wanted = Mode::from_raw_mode(0o755);
    let look = || statat(root, folder, AtFlags::SYMLINK_NOFOLLOW);
    match mkdirat(root, folder, wanted) {
        Ok(()) => {
            let is_narrowed = match *has_umask {
                Some(is_narrowed) => is_narrowed,
                None => *has_umask.insert(Mode::from_raw_mode(look()?.st_mode) != wanted),
            };
            if is_narrowed {
                where_modes_are_kept(chmodat(root, folder, wanted, AtFlags::empty()).map_err(io::Error::from))?;
            }
            Ok(())
        }
        Err(Errno::EXIST) => match FileType::from_raw_mode(look()?.st_mode) {
            FileType::Directory => Ok(()),
            _ => Err(Errno::EXIST.into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// Opens a folder; a link to one is none.
fn open(at: impl std::os::fd::AsFd, path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(at, path, flags, Mode::empty())?)
}
