//! What an exchange knows of itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::CommitId;

/// What an exchange knows of itself. There is one such record, made when it is first needed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaRecord {
    /// What the cursors of lists are signed with.
    #[serde(with = "super::hex")]
    pub cursor_secret: [u8; 32],
    /// The commit that made it.
    pub commit: CommitId,
}

/// Without the secret: records are printed when something is wrong with them.
impl fmt::Debug for MetaRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetaRecord")
            .field("commit", &self.commit)
            .finish_non_exhaustive()
    }
}
