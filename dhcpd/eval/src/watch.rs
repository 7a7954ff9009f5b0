//! Whom evaluation tells what happens; for logging.

use crate::{ClassId, EvalError};

/// Listens to what happens. Every method does nothing unless it is given a body.
pub trait Watch {
    /// Whether [`Watch::step`] is to be called: asked once an expression.
    fn wants_steps(&self) -> bool {
        false
    }

    /// Whether [`Watch::outcome`] is to be called for tests that are false, and names of classes are to be made that nothing
    /// in the configuration mentions: asked once a stage.
    fn wants_all(&self) -> bool {
        false
    }

    /// One step of an evaluation: Kea's message identifier (`EVAL_DEBUG_...`) and what it says, without the client's name
    /// in front. Kea writes them at debug level 55 of the logger `eval`.
    fn step(&self, message: &'static str, text: &str) {
        let _ = (message, text);
    }

    /// The test of a class was evaluated.
    fn outcome(&self, class: ClassId, outcome: Outcome<'_>) {
        let _ = (class, outcome);
    }
}

impl Watch for () {}

/// What came of the test of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The test is true or false (`DHCPSRV_EVAL_RESULT`).
    Test(bool),
    /// The template gave this value, escaped (`DHCPSRV_TEMPLATE_EVAL_RESULT`).
    Template(&'a str),
    /// The test failed (`DHCPSRV_EVAL_ERROR`).
    TestFailed(EvalError),
    /// The template failed (`DHCPSRV_TEMPLATE_EVAL_ERROR`).
    TemplateFailed(EvalError),
    /// The class has no test and was added because a list names it (`DHCP4_ADDITIONAL_CLASS_NO_TEST`).
    NoTest,
    /// A list names a class that is not defined (`DHCP4_ADDITIONAL_CLASS_UNDEFINED`).
    Undefined,
}
