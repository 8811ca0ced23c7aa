namespace MistralStudio.Core.Security;

/// <summary>
/// Every right there is. Pages, endpoints and commands name the one they need, API keys carry a set of them as scopes, and roles grant
/// them by <see cref="RolePermissions"/>.
/// </summary>
public static class Permissions
{
    public const string AppsUse = "apps:use";
    public const string PromptsRead = "prompts:read";
    public const string FlowsRead = "flows:read";
    public const string KnowledgeRead = "knowledge:read";
    public const string ModelsRead = "models:read";
    public const string EvaluationsRead = "evaluations:read";

    public const string ModelsUse = "models:use";
    public const string KnowledgeSearch = "knowledge:search";
    public const string FlowsRun = "flows:run";
    public const string RunsDecide = "runs:decide";
    public const string RunsRead = "runs:read";

    public const string PromptsWrite = "prompts:write";
    public const string KnowledgeWrite = "knowledge:write";
    public const string FlowsWrite = "flows:write";
    public const string AppsWrite = "apps:write";
    public const string DatasetsWrite = "datasets:write";
    public const string EvaluationsRun = "evaluations:run";
    public const string RunsReadAll = "runs:read-all";
    public const string KeysOwn = "keys:own";

    public const string PromptsPublish = "prompts:publish";
    public const string FlowsPublish = "flows:publish";
    public const string AppsPublish = "apps:publish";

    public const string ModelsManage = "models:manage";
    public const string ConnectionsManage = "connections:manage";
    public const string MembersManage = "members:manage";
    public const string KeysManage = "keys:manage";
    public const string AuditRead = "audit:read";
    public const string UsageRead = "usage:read";
    public const string WorkspaceManage = "workspace:manage";

    public const string EgressAllow = "egress:allow";
    public const string WorkspaceDelete = "workspace:delete";
    public const string WorkspaceTransfer = "workspace:transfer";
}
