//! The door: a project's name in, what the indexes list for it out.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::OnceCell;

use super::find_links::{FindLinks, Links};
use super::folder::Folder;
use super::mirrored::Outline;
use super::options::{IndexLocation, IndexOptions, IndexStrategy, PageUrls, Pins};
use super::page_store::{Damage, OldPages, PageEntry};
use super::readings::{Evidence, Freshness, PagesRead, Readings};
use super::server::{AskError, Asking, PageAnswer, Reach, has_page};
use super::{IndexError, LocalPlace};
use crate::cache::Cache;
use crate::fetch::{FetchOptions, Fetcher};
use crate::http::{Client, Secret};
use crate::regular::FileBytes;
use crate::reporter::{Level, Reporter};
use crate::resolve::{FoundBefore, ProjectAnswer};
use crate::spec::{IndexOrigin, PackageName, ProjectDetail, ProjectStatus, SafeUrl};

/// Asks indexes.
pub struct IndexClient {
    pub(super) options: IndexOptions,
    pub(super) client: Client,
    pub(super) cache: Arc<Cache>,
    pub(super) reporter: Arc<dyn Reporter>,
    /// For the files that have to be fetched whole to be read.
    pub(super) fetcher: Fetcher,
    /// Hosts that have shown that they answer no range requests.
    pub(super) without_ranges: Mutex<HashSet<String>>,
    pub(super) indexes: Vec<Index>,
    find_links: Vec<FindLinks>,
    pins: Pins,
    /// What indexes said of projects that their users should know.
    statuses: Mutex<BTreeMap<PackageName, ProjectStatus>>,
    damage: Damage,
    old_pages: OldPages,
    /// Of the mirror that is the only index, once it was asked for.
    pub(super) manifest: OnceCell<Option<FileBytes>>,
    /// What that tells, once it was asked for.
    pub(super) outline: OnceCell<Outline>,
}

pub(super) struct Index {
    pub(super) location: IndexLocation,
    origin: Arc<IndexOrigin>,
    folder: Option<Folder>,
    /// Whether its pages are files, asked for by their full names.
    has_file_pages: AtomicBool,
    /// Whether it was tried already if its pages lie below a folder `simple`.
    is_looked_through: AtomicBool,
}

/// Whether pages are as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Still {
    /// They are as they were, and no server need be asked for so long.
    Same(Freshness),
    /// The pages in the cache are as they were; whether those of the servers are, only the servers can say.
    Unknown,
    /// They are not as they were.
    Different,
}

/// What the indexes say about a name, and what that was made of.
#[derive(Clone, Debug)]
pub struct Listing {
    /// What they say.
    pub answer: ProjectAnswer,
    /// What it was made of.
    pub evidence: Evidence,
}

/// What is asked of every index.
#[derive(Clone, Copy)]
struct Question<'a> {
    name: &'a PackageName,
    reach: Reach,
    /// What the answer is made of.
    readings: &'a Readings,
}

/// What one index says about a name.
enum Answer {
    Found(ProjectDetail),
    Absent,
    /// Nothing can be known, because the run is offline.
    Offline,
    /// A server would have to be asked.
    NotAtHand,
}

impl IndexClient {
    /// Every credential that was given or found so far.
    pub fn secrets(&self) -> Vec<Secret> {
        self.client.secrets()
    }

    /// Makes a client; nothing is asked yet.
    pub fn new(options: IndexOptions, client: Client, cache: Arc<Cache>, reporter: Arc<dyn Reporter>) -> Self {
        let fetch_options = FetchOptions { offline: options.offline, ..FetchOptions::default() };
        let indexes = options.indexes.iter().filter(|_| !options.no_index).map(|location| Index {
            location: location.clone(),
            origin: location.origin(),
            folder: location.url.to_file_path().map(|path| Folder::new(path, LocalPlace::Index)),
            has_file_pages: AtomicBool::new(
                options.pages == PageUrls::Files || matches!(location.url.reveal().scheme(), "s3" | "gs"),
            ),
            is_looked_through: AtomicBool::new(false),
        });
        Self {
            indexes: indexes.collect(),
            find_links: FindLinks::of(&options),
            pins: Pins::new(&options.sources),
            fetcher: Fetcher::new(client.clone(), Arc::clone(&cache), Arc::clone(&reporter), fetch_options),
            without_ranges: Mutex::default(),
            statuses: Mutex::default(),
            damage: Damage::default(),
            old_pages: OldPages::default(),
            manifest: OnceCell::new(),
            outline: OnceCell::new(),
            options,
            client,
            cache,
            reporter,
        }
    }

    /// What the indexes list for a project.
    pub async fn project(&self, name: &PackageName) -> Result<ProjectAnswer, IndexError> {
        Ok(self.list(name).await?.answer)
    }

    /// What the indexes list for a project, with the evidence: the pages that the answer was made of.
    pub async fn list(&self, name: &PackageName) -> Result<Listing, IndexError> {
        let readings = Readings::of(Some(name));
        // Nothing is ever out of the reach of servers.
        let question = Question { name, reach: Reach::Servers, readings: &readings };
        let answer = self.look_up(question).await?.unwrap_or(ProjectAnswer::Offline);
        Ok(Listing { answer, evidence: readings.into_evidence() })
    }

    /// What the indexes list for a project, when no server need be asked for it; `None`: one would have to be. Never
    /// waits for anything but a disk.
    pub fn list_at_hand(&self, name: &PackageName) -> Option<Result<Listing, IndexError>> {
        let readings = Readings::of(Some(name));
        let question = Question { name, reach: Reach::AtHand, readings: &readings };
        let answer = self.look_up(question).now_or_never()?.transpose()?;
        Some(answer.map(|answer| Listing { answer, evidence: readings.into_evidence() }))
    }

    /// Whether pages in the cache turned out to be damaged since this was last asked. They are gone now; what was made
    /// of them should be made again.
    pub fn take_damage(&self) -> bool {
        self.damage.take()
    }

    /// Asks servers from now on, however fresh the pages of the cache are; whether one of those was taken until now, so
    /// that the answers may be others.
    pub fn ask_anew(&self) -> bool {
        self.old_pages.refuse()
    }

    /// `None`: not within reach.
    async fn look_up(&self, question: Question<'_>) -> Result<Option<ProjectAnswer>, IndexError> {
        let Question { name, readings, .. } = question;
        let pin = self.pins.index_of(name.as_ref());
        let mut details = Vec::new();
        let mut asked = Vec::new();
        if pin.is_none() {
            for links in &self.find_links {
                if links.is_remote_file() {
                    readings.beyond_pages();
                }
                match links.project(name, &self.asking(&[], question, &AtomicBool::default())).await? {
                    Links::Of(detail) => details.extend(detail.map(Arc::new)),
                    Links::NotAtHand => return Ok(None),
                }
            }
        }
        let indexes: Vec<&Index> = match pin {
            Some(pin) if self.options.no_index => {
                return Err(IndexError::ClosedIndex { project: name.clone(), index: pin.to_owned() });
            }
            Some(pin) => {
                let named = |index: &&Index| index.location.name.as_deref() == Some(pin);
                let unknown = || IndexError::UnknownIndex { project: name.clone(), index: pin.to_owned() };
                vec![self.indexes.iter().find(named).ok_or_else(unknown)?]
            }
            None => self.indexes.iter().filter(|index| !index.location.explicit).collect(),
        };
        let answers = match self.options.strategy {
            IndexStrategy::FirstIndex => self.ask_in_turn(&indexes, question).await?,
            IndexStrategy::UnsafeBestMatch => self.ask_all(&indexes, question).await?,
        };
        let mut is_unknown = false;
        for (index, answer) in indexes.iter().zip(answers) {
            asked.push(index.origin.url.clone());
            match answer {
                Answer::Found(detail) => details.push(Arc::new(detail)),
                Answer::Absent => {}
                Answer::Offline => is_unknown = true,
                Answer::NotAtHand => return Ok(None),
            }
        }
        if !details.is_empty() {
            return Ok(Some(ProjectAnswer::Found(details)));
        }
        Ok(Some(if is_unknown { ProjectAnswer::Offline } else { ProjectAnswer::NotFound { asked } }))
    }

    /// The index that an answer on a project comes from, and those behind it, where they were not asked for that reason.
    pub fn found_before(&self, name: &PackageName, answer: &ProjectAnswer) -> Option<FoundBefore> {
        let ProjectAnswer::Found(details) = answer else { return None };
        if self.options.strategy != IndexStrategy::FirstIndex || self.pins.index_of(name.as_ref()).is_some() {
            return None;
        }
        let mut asked = self.indexes.iter().filter(|index| !index.location.explicit);
        let first_file = |detail: &ProjectDetail| detail.files_at(0, &|_| true).into_iter().next();
        let listed = details.iter().filter(|detail| detail.version_count() > 0);
        let origins: Vec<_> = listed.filter_map(|detail| first_file(detail)).map(|file| file.origin).collect();
        let is_it = |index: &&Index| origins.iter().any(|origin| origin.url == index.origin.url);
        let found = asked.find(is_it)?.origin.url.clone();
        let not_asked: Vec<SafeUrl> = asked.map(|index| index.origin.url.clone()).collect();
        (!not_asked.is_empty()).then_some(FoundBefore { found, not_asked })
    }

    /// What the indexes said of a project as a whole, as far as it was asked for and has files.
    pub fn status(&self, name: &PackageName) -> Option<ProjectStatus> {
        let statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        statuses.get(name).filter(|status| !status.is_quarantined()).cloned()
    }

    /// The indexes and pages that are asked, in order, and as whom, as far as that is known: for keys of what is kept.
    pub fn asked_as(&self) -> String {
        let user = |url: &SafeUrl| self.client.user_for(url).unwrap_or_default();
        let index = |index: &Index| {
            let IndexLocation { name, url, explicit, ignore_status } = &index.location;
            let plain = url.without_credentials();
            format!("{name:?} {} {:?} {explicit} {ignore_status:?}", plain.reveal(), user(url))
        };
        let page = |url: &SafeUrl| format!("page {} {:?}", url.without_credentials().reveal(), user(url));
        let lines = self.indexes.iter().map(index).chain(self.options.find_links.iter().map(page));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Whether the pages of the cache are those that an earlier run has read, and until when no server need be asked.
    pub fn still_reads(&self, read: &PagesRead) -> Still {
        let mut freshness = Freshness::default();
        for (name, page) in &read.pages {
            let entry = PageEntry::named(&self.cache, name);
            match entry.and_then(|entry| entry.glance(self.options.now)) {
                Some((found, until)) if found == page.content => {
                    freshness.limit(Freshness { until, stalest: page.project.clone(), ..Freshness::default() });
                }
                _ => return Still::Different,
            }
        }
        let is_enough = freshness.holds(self.options.now) || self.options.offline;
        if is_enough { Still::Same(freshness) } else { Still::Unknown }
    }

    /// One index after the other, until one knows the name. Offline, an index that might know it ends the asking too:
    /// the next one must not answer in its place.
    async fn ask_in_turn(&self, indexes: &[&Index], question: Question<'_>) -> Result<Vec<Answer>, IndexError> {
        let mut answers = Vec::new();
        for index in indexes {
            let answer = self.ask(index, question).await?;
            let goes_on = matches!(answer, Answer::Absent);
            answers.push(answer);
            if !goes_on {
                break;
            }
        }
        Ok(answers)
    }

    async fn ask_all(&self, indexes: &[&Index], question: Question<'_>) -> Result<Vec<Answer>, IndexError> {
        let asking = indexes.iter().map(|index| self.ask(index, question));
        let answers = futures_util::future::try_join_all(asking).await?;
        let knowing = indexes.iter().zip(&answers).filter(|(_, answer)| matches!(answer, Answer::Found(_)));
        let knowing: Vec<SafeUrl> = knowing.map(|(index, _)| index.origin.url.clone()).collect();
        let is_whole = !answers.iter().any(|answer| matches!(answer, Answer::NotAtHand));
        if is_whole && knowing.len() > 1 {
            question.readings.on_several(question.name, knowing);
        }
        Ok(answers)
    }

    async fn ask(&self, index: &Index, question: Question<'_>) -> Result<Answer, IndexError> {
        let name = question.name;
        if let Some(folder) = &index.folder {
            let Some(detail) = folder.project(name, &index.origin)? else { return Ok(Answer::Absent) };
            self.note_status(name, &detail.status);
            return Ok(Answer::Found(detail));
        }
        let location = &index.location;
        match self.page_of(index, question).await {
            Ok(PageAnswer::Page(page)) => {
                let detail = page.project(name, &index.origin);
                for skipped in detail.skipped.iter().filter(|_| self.reporter.shows(Level::Detail)) {
                    let text = format!("{name}: `{}` is skipped: {}", skipped.filename, skipped.reason);
                    self.reporter.message(Level::Detail, &text);
                }
                if detail.is_empty() {
                    self.refuse_misspelled(index, question).await?;
                }
                self.note_status(name, &detail.status);
                Ok(Answer::Found(detail))
            }
            Ok(PageAnswer::Absent(_)) => {
                self.refuse_misspelled(index, question).await?;
                Ok(Answer::Absent)
            }
            Ok(PageAnswer::Offline) => Ok(Answer::Offline),
            Ok(PageAnswer::NotAtHand) => Ok(Answer::NotAtHand),
            Err(AskError::Http(source)) => {
                Err(IndexError::Ask { index: location.shown(), project: name.clone(), source })
            }
            Err(AskError::Page(source)) => {
                self.refuse_misspelled(index, question).await?;
                Err(IndexError::Page { index: location.shown(), project: name.clone(), source })
            }
        }
    }

    /// The page of a project on a server: below its URL, or as a file there, which object stores need.
    async fn page_of(&self, index: &Index, question: Question<'_>) -> Result<PageAnswer, AskError> {
        let name = question.name;
        let is_object_store = AtomicBool::default();
        let asking = self.asking(&index.location.ignore_status, question, &is_object_store);
        let project_url = project_url(&index.location.url, name);
        let file_url = project_url.below(&["index.json"]);
        let mut answer = PageAnswer::Absent(404);
        let has_file_pages = index.has_file_pages.load(Ordering::Relaxed);
        if has_file_pages {
            answer = asking.page(&file_url, Some(name)).await?;
        }
        if let PageAnswer::Absent(_) = answer {
            answer = asking.page(&project_url, Some(name)).await?;
        }
        if matches!(answer, PageAnswer::Absent(_)) && !has_file_pages {
            if is_object_store.load(Ordering::Relaxed) {
                index.has_file_pages.store(true, Ordering::Relaxed);
                answer = asking.page(&file_url, Some(name)).await?;
            } else if self.options.offline
                && let Ok(page @ PageAnswer::Page(_)) = asking.page(&file_url, Some(name)).await
            {
                // The page was there when it was last asked for with a network.
                answer = page;
            }
        }
        Ok(answer)
    }

    /// Refuses an index whose URL lacks the `simple` at its end: where it has no page of a project, and the folder
    /// below it has, that one was meant. Looked for once, because indexes without such a folder do lack projects.
    async fn refuse_misspelled(&self, index: &Index, question: Question<'_>) -> Result<(), IndexError> {
        let url = index.location.url.without_fragment();
        let mut segments = url.reveal().path().rsplit('/').filter(|segment| !segment.is_empty());
        let is_simple = segments.next().is_some_and(|segment| segment.ends_with("simple"));
        let cannot_ask = question.reach != Reach::Servers || self.options.offline;
        if is_simple || cannot_ask || index.is_looked_through.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let meant = url.below(&["simple", ""]);
        if has_page(&self.client, &project_url(&meant, question.name)).await {
            return Err(IndexError::Misspelled { index: index.location.shown(), meant: meant.without_credentials() });
        }
        Ok(())
    }

    /// Notes a status that says something. A quarantined project is told at once, because nothing of it can be chosen.
    fn note_status(&self, name: &PackageName, status: &ProjectStatus) {
        if !status.is_telling() {
            return;
        }
        let mut statuses = self.statuses.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = statuses.insert(name.clone(), status.clone()).is_none();
        if is_new && status.is_quarantined() {
            self.reporter.message(Level::Warning, &format!("{name} {status}"));
        }
    }

    fn asking<'a>(
        &'a self,
        ignore_status: &'a [u16],
        question: Question<'a>,
        is_object_store: &'a AtomicBool,
    ) -> Asking<'a> {
        Asking {
            client: &self.client,
            cache: &self.cache,
            ignore_status,
            refresh: self.options.refresh,
            offline: self.options.offline,
            now: self.options.now,
            readings: question.readings,
            damage: &self.damage,
            old_pages: &self.old_pages,
            is_object_store,
            reach: question.reach,
        }
    }
}

/// The URL of a project's page (PEP 503): the base, the normalized name, a slash.
fn project_url(base: &SafeUrl, name: &PackageName) -> SafeUrl {
    base.without_fragment().below(&[name.as_ref(), ""])
}
