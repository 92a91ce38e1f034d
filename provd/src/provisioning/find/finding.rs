//! Finding documents, a page at a time, in the order that is asked for.
//!
//! Where the database gives records in that order, they are shown as they are read, and reading ends when enough is shown.
//! Otherwise all that could be meant is read once to learn the order of their identifiers, and then page by page to be
//! shown; so it is too if one document could spoil an answer that has begun.

use std::collections::HashMap;
use std::sync::Arc;
use std::vec::IntoIter;

use serde_json::{Map, Value};

use super::ranking::Ranking;
use super::{FindError, Findable, Finder, Mark, Owners, PAGE, Search};
use crate::domain::listing::{Listing, Sort};
use crate::domain::selector::Selector;
use crate::provisioning::Provisioning;
use crate::provisioning::store::Store;

/// Makes the document of a record that a selector sees.
pub type Describe<R> = Box<dyn Fn(&R) -> Map<String, Value> + Send + Sync>;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Which documents.
    pub selector: Selector,
    /// Whose.
    pub owners: Owners,
    /// What is shown of them.
    pub listing: Listing,
}

impl Provisioning {
    /// Finds documents of devices or configs. What can be wrong with a query itself is known when this returns.
    pub async fn find<R: Findable>(
        &self,
        query: Query,
        describe: Describe<R>,
    ) -> Result<Finding<R>, FindError> {
        Finding::begin(self.store.clone(), query, describe).await
    }
}

/// Documents on their way.
pub struct Finding<R> {
    store: Arc<dyn Store>,
    search: Search,
    listing: Listing,
    describe: Describe<R>,
    source: Source,
    /// Documents still to be skipped.
    skip: usize,
    /// Documents still to be shown; absent: all.
    left: Option<usize>,
}

enum Source {
    /// Pages in the order of the search.
    Pages(Option<Mark>),
    /// Identifiers in the order that is asked for.
    Ranked(IntoIter<String>),
}

impl<R: Findable> Finding<R> {
    /// Begins to find in a database.
    pub async fn begin(
        store: Arc<dyn Store>,
        query: Query,
        describe: Describe<R>,
    ) -> Result<Finding<R>, FindError> {
        let Query { selector, owners, listing } = query;
        let mut search = Search { selector, owners, sort: None };
        let finder = R::finder(&*store);
        let sort = listing.effective_sort().filter(|_| listing.limit != Some(0));
        search.sort = sort.filter(|sort| sorts(finder, &search, &listing, sort)).cloned();
        let is_sorted = search.sort.as_ref() == sort;
        let may_fail_late = listing.limit.is_none() && search.selector.may_be_incomparable();
        let mut finding = Finding {
            store,
            source: Source::Pages(Some(Mark::first(&search))),
            search,
            describe,
            skip: listing.skip,
            left: listing.limit,
            listing,
        };
        if !is_sorted || may_fail_late {
            let ids = finding.rank().await?;
            finding.source = Source::Ranked(ids.into_iter());
            finding.skip = 0;
        }
        Ok(finding)
    }

    /// Whether it is known that there are no more.
    pub fn is_over(&self) -> bool {
        self.left == Some(0)
            || match &self.source {
                Source::Pages(next) => next.is_none(),
                Source::Ranked(ids) => ids.len() == 0,
            }
    }

    /// The next documents, none if there are no more.
    pub async fn next(&mut self) -> Result<Vec<Map<String, Value>>, FindError> {
        let mut shown = Vec::new();
        while shown.is_empty()
            && self.left != Some(0)
            && let Some(records) = self.read().await?
        {
            for record in records {
                let document = (self.describe)(&record);
                if self.left == Some(0) || !self.search.selector.matches(&document)? {
                    continue;
                }
                if self.skip > 0 {
                    self.skip -= 1;
                    continue;
                }
                self.left = self.left.map(|left| left - 1);
                shown.push(self.listing.cut(document));
            }
        }
        Ok(shown)
    }

    /// Records among which the next documents are; nothing at the end.
    async fn read(&mut self) -> Result<Option<Vec<R>>, FindError> {
        let finder = R::finder(&*self.store);
        match &mut self.source {
            Source::Pages(next) => {
                let Some(from) = next.take() else { return Ok(None) };
                let may_skip = self.search.sort.is_none() && finder.is_exact(&self.search);
                let skip = if may_skip { std::mem::take(&mut self.skip) } else { 0 };
                let wanted = self.left.map_or(PAGE, |left| left.saturating_add(self.skip).clamp(1, PAGE));
                let page = finder.page(&self.search, &from, skip, wanted).await?;
                *next = page.next;
                Ok(Some(page.records))
            }
            Source::Ranked(ids) => {
                let ids: Vec<String> = ids.by_ref().take(PAGE).collect();
                if ids.is_empty() {
                    return Ok(None);
                }
                let records = finder.among(&self.search, &ids).await?;
                let mut by_id: HashMap<_, _> =
                    records.into_iter().map(|record| (record.id().to_owned(), record)).collect();
                Ok(Some(ids.iter().filter_map(|id| by_id.remove(id)).collect()))
            }
        }
    }

    /// Reads all that could be meant, and gives the identifiers of what is to be shown in the order it is to be shown in.
    async fn rank(&self) -> Result<Vec<String>, FindError> {
        let finder = R::finder(&*self.store);
        let sort = self.listing.effective_sort();
        let search = Search { sort: None, ..self.search.clone() };
        let mut ranking = Ranking::new(sort.is_some_and(|sort| sort.descending), self.listing.reach());
        let mut next = Some(Mark::first(&search));
        while let Some(from) = next {
            let page = finder.page(&search, &from, 0, PAGE).await?;
            for record in page.records {
                let document = (self.describe)(&record);
                if search.selector.matches(&document)? {
                    let text = sort.map(|sort| sort.text(&self.listing.cut(document)));
                    ranking.add(text.unwrap_or_default(), record.id());
                }
            }
            next = page.next;
        }
        Ok(ranking.ids_after(self.listing.skip))
    }
}

/// Whether the database gives documents in this order as they are shown: one that does not show the key does not sort by it.
fn sorts<R>(finder: &dyn Finder<R>, search: &Search, listing: &Listing, sort: &Sort) -> bool {
    listing.fields.as_ref().is_none_or(|fields| fields.show(&sort.key))
        && finder.can_sort(search, &sort.key, listing.reach())
}
