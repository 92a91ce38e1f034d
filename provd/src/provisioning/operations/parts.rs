//! The parts of an operation: `install|progress(download|progress;20/100)(install|waiting)`.

use std::sync::Arc;

use super::Worker;
use crate::domain::operation::{Progress, Stage};

/// One part of an operation, and who tells how far it is.
#[derive(Debug)]
pub struct Part {
    worker: Arc<Worker>,
    index: usize,
}

impl Worker {
    /// Says of what parts the work is made, in their order. None has begun.
    pub fn parts<const N: usize>(self: &Arc<Self>, labels: [&str; N]) -> [Part; N] {
        let part = |label: &str| Progress { label: Some(label.to_owned()), ..Progress::default() };
        self.state.send_modify(|operation| operation.progress.parts = labels.map(part).into());
        std::array::from_fn(|index| Part { worker: self.clone(), index })
    }

    /// How far all parts are, which may have parts themselves.
    pub fn show(&self, parts: Vec<Progress>) {
        self.state.send_modify(|operation| operation.progress.parts = parts);
        self.tell_progress();
    }
}

impl Part {
    /// It goes on from now.
    pub fn begin(&self) {
        self.change(|part| part.stage = Stage::Progress);
    }

    /// So much is done, of so much if that is known.
    pub fn at(&self, current: u64, end: Option<u64>) {
        self.change(|part| {
            (part.stage, part.current, part.end) = (Stage::Progress, Some(current), end);
        });
    }

    /// It is done.
    pub fn done(&self) {
        self.change(|part| part.stage = Stage::Success);
    }

    fn change(&self, change: impl FnOnce(&mut Progress)) {
        self.worker.state.send_modify(|operation| {
            if let Some(part) = operation.progress.parts.get_mut(self.index) {
                change(part);
            }
        });
        self.worker.tell_progress();
    }
}

/// What goes on when the work ends as this ends like it. What was not begun stays so.
pub(super) fn end(parts: &mut [Progress], stage: Stage) {
    for part in parts.iter_mut().filter(|part| part.stage == Stage::Progress) {
        part.stage = stage;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Operations;

    #[tokio::test]
    async fn parts_are_told_in_the_words_of_existing_clients() {
        let operations = Operations::default();
        let mut operation = operations.run("/0.2/x", "a".to_owned(), None, |worker| async move {
            worker.label("install");
            let [download, install] = worker.parts(["download", "install"]);
            download.at(20, Some(100));
            let half = operations_text(&worker);
            assert_eq!(half, "install|progress(download|progress;20/100)(install|waiting)");
            download.done();
            install.begin();
            Err("no".to_owned())
        });
        let ended = operation.wait_for(|operation| operation.ended.is_some()).await.unwrap();
        let text = ended.progress.to_string();
        assert_eq!(text, "install|fail(download|success;20/100)(install|fail)");
    }

    fn operations_text(worker: &super::Worker) -> String {
        worker.state.borrow().progress.to_string()
    }
}
