using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>
/// A search that is tried: the question, how it is searched, what was found and why; people judge what answers the question, and every change of
/// the settings is measured by what they judged.
/// </summary>
public sealed class SearchTestState(
    IKnowledgeSearch search, IJudgmentStore judgments, IQualityMeter meter, IKnowledgeSettings settings, Caller caller, KnowledgeBase knowledge)
{
    private int _measure;

    /// <summary>Raised when something was found or measured; from any thread.</summary>
    public event Action? Changed;

    /// <summary>The base as it is set up now.</summary>
    public KnowledgeBase Base { get; private set; } = knowledge;

    /// <summary>The question as it is written.</summary>
    public string Text { get; set; } = "";

    /// <summary>How it is searched; the base's own settings until they are changed here.</summary>
    public SearchSettings Settings { get; private set; } = knowledge.Settings.Search;

    /// <summary>Which passages the question is about.</summary>
    public SearchFilter Filter { get; private set; } = SearchFilter.None;

    /// <summary>What was found last; null before the first search.</summary>
    public SearchResult? Found { get; private set; }

    /// <summary>The question that <see cref="Found"/> answers.</summary>
    public string Asked { get; private set; } = "";

    /// <summary>What went wrong last; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>The hit whose reasons are shown.</summary>
    public SearchHit? Shown { get; private set; }

    /// <summary>Judged questions of the base.</summary>
    public IReadOnlyList<JudgedQuestion> Judged { get; private set; } = [];

    /// <summary>The base as it is set up, measured; null before.</summary>
    public QualityReport? Live { get; private set; }

    /// <summary>The settings tried here, measured; null where they are the base's own.</summary>
    public QualityReport? Tried { get; private set; }

    /// <summary>True while a search runs.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>True where the settings differ from the base's own.</summary>
    public bool IsChanged => Settings != Base.Settings.Search;

    /// <summary>True where the caller may judge, and keep settings.</summary>
    public bool MayWrite => caller.May(Permissions.KnowledgeWrite);

    /// <summary>Reads what was judged, and measures.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        Judged = await judgments.ListAsync(caller.Workspace, Base.Id, cancellationToken);
        Live = null;
        await MeasureAsync(cancellationToken);
    }

    /// <summary>Searches for <see cref="Text"/>.</summary>
    public async Task FindAsync(CancellationToken cancellationToken)
    {
        IsBusy = true;
        Changed?.Invoke();
        var text = Text.Trim();
        var result = await search.SearchAsync(
            new KnowledgeQuery(caller.Workspace, [Base.Id], text, Settings.Limit, Settings.Mode) { Settings = Settings, Filter = Filter, Explain = MissingAnswers(text) }, cancellationToken);
        (Found, Error) = result.Match<(SearchResult?, Error?)>(found => (found, null), error => (null, error));
        // Who changes how it is searched follows one passage; who asks something else wants the best.
        var followed = text == Asked ? Shown?.PassageId : null;
        Asked = text;
        Shown = Found?.Hits.FirstOrDefault(hit => hit.PassageId == followed) ?? Found?.Hits.FirstOrDefault();
        IsBusy = false;
        Changed?.Invoke();
    }

    /// <summary>Shows the reasons of a hit.</summary>
    public void Show(SearchHit hit)
    {
        Shown = hit;
        Changed?.Invoke();
    }

    /// <summary>Changes how it is searched; what was found and measured is so anew.</summary>
    public async Task ChangeAsync(SearchSettings changed, CancellationToken cancellationToken)
    {
        Settings = changed.Bounded();
        if (Found is not null || Error is not null)
        {
            await FindAsync(cancellationToken);
        }

        await MeasureAsync(cancellationToken);
    }

    /// <summary>Changes which passages it is about.</summary>
    public async Task NarrowAsync(SearchFilter filter, CancellationToken cancellationToken)
    {
        Filter = filter;
        if (Found is not null || Error is not null)
        {
            await FindAsync(cancellationToken);
        }
    }

    /// <summary>The judgment of a passage for the question asked; null where there is none.</summary>
    public Relevance? JudgmentOf(PassageId passage) =>
        Judged.FirstOrDefault(judged => judged.Question == Asked)?.Judgments.FirstOrDefault(judgment => judgment.Passage == passage)?.Relevance;

    /// <summary>Judges a hit for the question asked, or takes the same judgment back.</summary>
    public async Task JudgeAsync(SearchHit hit, Relevance relevance, CancellationToken cancellationToken)
    {
        var judged = JudgmentOf(hit.PassageId) == relevance ? (Relevance?)null : relevance;
        if (!await judgments.JudgeAsync(caller.Workspace, Base.Id, Asked, hit.PassageId, judged, caller.User, cancellationToken))
        {
            Error = KnowledgePageErrors.PassageGone();
        }

        await LoadAsync(cancellationToken);
    }

    /// <summary>Removes a judged question.</summary>
    public async Task ForgetAsync(string question, CancellationToken cancellationToken)
    {
        await judgments.RemoveAsync(caller.Workspace, Base.Id, question, cancellationToken);
        await LoadAsync(cancellationToken);
    }

    /// <summary>Makes the settings tried here the base's own.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var kept = await settings.ChangeAsync(caller.Workspace, Base.Id, Base.Settings with { Search = Settings }, Base.SettingsVersion, cancellationToken);
        (Base, Error) = kept.Match<(KnowledgeBase, Error?)>(changed => (changed, null), error => (Base, error));
        Live = null;
        await MeasureAsync(cancellationToken);
    }

    /// <summary>Goes back to the base's own settings.</summary>
    public Task ResetAsync(CancellationToken cancellationToken) => ChangeAsync(Base.Settings.Search, cancellationToken);

    // Passages that were judged to answer the question: where one is missing, the search says why.
    private IReadOnlyList<PassageId> MissingAnswers(string question) =>
        [.. Judged.FirstOrDefault(judged => judged.Question == question)?.Judgments.Where(judgment => judgment.Relevance != Relevance.No).Select(judgment => judgment.Passage) ?? []];

    // The base as it is set up is measured anew only where it or the judgments changed. A later change overtakes a measurement that still runs.
    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        var mine = Interlocked.Increment(ref _measure);
        if (!Judged.Any(judged => judged.IsMeasurable))
        {
            (Live, Tried) = (null, null);
            Changed?.Invoke();
            return;
        }

        var live = Live ?? await MeasureAsync(null, cancellationToken);
        var tried = IsChanged ? await MeasureAsync(Settings, cancellationToken) : null;
        if (mine == _measure)
        {
            (Live, Tried) = (live, tried);
            Changed?.Invoke();
        }
    }

    private async Task<QualityReport?> MeasureAsync(SearchSettings? measured, CancellationToken cancellationToken) =>
        (await meter.MeasureAsync(caller.Workspace, Base.Id, measured, cancellationToken)).Match<QualityReport?>(report => report, _ => null);
}
