//! What facts are about: the words that all dialects share.

use serde::Deserialize;

/// What a fact is about. Numbers are stored as they stand here: counts, nanoseconds,
/// picodollars; ids as [`join_key`](super::evidence::join_key)s; text as [`Sym`](super::intern::Sym).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
#[expect(
    missing_docs,
    reason = "the names are the conventions' own; units are in their names"
)]
pub enum Field {
    Session,
    ParentSession,
    Conversation,
    TurnKey,
    Title,
    Machine,
    Command,
    AgentName,
    AgentId,
    WorkflowName,
    ToolName,
    ToolCallId,
    ToolDetail,
    ToolAsked,
    ToolAnswered,
    GoesOn,
    ToolRepeated,
    Subagent,
    Delegates,
    Nested,
    Refused,
    Mcp,
    Operation,
    Provider,
    RequestModel,
    ResponseModel,
    ResponseId,
    ServerAddress,
    ServiceTier,
    Speed,
    FinishReasons,
    InputTokens,
    CacheRead,
    CacheWrite,
    CacheWrite1h,
    OutputTokens,
    ReasoningTokens,
    TotalTokens,
    AudioIn,
    AudioOut,
    Cost,
    TtftNs,
    TtftGuessNs,
    TtftWrongNs,
    FirstTokenAt,
    FirstVisibleNs,
    AnsweredNs,
    HoldsTools,
    Streamed,
    Chunk,
    VisibleChunk,
    Chunks,
    ChunkGapNs,
    Stalls,
    Stall,
    QueueNs,
    PrefillNs,
    DecodeNs,
    EngineTtftNs,
    DurationNs,
    Attempts,
    AttemptAt,
    Failed,
    Error,
    ErrorType,
    PendingParent,
    HandsOver,
    HandoffFrom,
    HandoffTo,
    Heard,
    Said,
    LinkTraceFirst,
    LinkTraceLast,
    LinkSpan,
    DisplayName,
    ToolArguments,
    ToolResult,
    Lost,
    CutShort,
    SampledPpm,
    VerdictName,
    VerdictLabel,
    VerdictScore,
    VerdictPassed,
    VerdictWhy,
    Verdicts,
    AfterResponse,
}

impl Field {
    /// Its facts are texts.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Session
                | Self::Title
                | Self::AgentName
                | Self::WorkflowName
                | Self::ToolName
                | Self::ToolDetail
                | Self::Subagent
                | Self::Operation
                | Self::Provider
                | Self::RequestModel
                | Self::ResponseModel
                | Self::ServerAddress
                | Self::ServiceTier
                | Self::Speed
                | Self::FinishReasons
                | Self::Error
                | Self::ErrorType
                | Self::HandoffFrom
                | Self::HandoffTo
                | Self::DisplayName
                | Self::CutShort
                | Self::VerdictName
                | Self::VerdictLabel
                | Self::VerdictScore
                | Self::VerdictPassed
                | Self::VerdictWhy
                | Self::Verdicts
        )
    }
}
