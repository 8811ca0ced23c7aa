using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MistralStudio.Data.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class AnswerFeedback : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Feedback",
                table: "Messages",
                type: "TEXT",
                maxLength: 20,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "FeedbackNote",
                table: "Messages",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Given",
                table: "Messages",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Heard",
                table: "Conversations",
                type: "TEXT",
                nullable: false,
                defaultValue: "[]");

            // What was looked up so far is what was heard.
            migrationBuilder.Sql("UPDATE \"Conversations\" SET \"Heard\" = \"Knowledge\"");

            migrationBuilder.AddColumn<string>(
                name: "Reading",
                table: "Conversations",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "FeedbackBases",
                columns: table => new
                {
                    KnowledgeBaseId = table.Column<Guid>(type: "TEXT", nullable: false),
                    MessageId = table.Column<Guid>(type: "TEXT", nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_FeedbackBases", x => new { x.KnowledgeBaseId, x.MessageId });
                    table.ForeignKey(
                        name: "FK_FeedbackBases_KnowledgeBases_KnowledgeBaseId",
                        column: x => x.KnowledgeBaseId,
                        principalTable: "KnowledgeBases",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_FeedbackBases_Messages_MessageId",
                        column: x => x.MessageId,
                        principalTable: "Messages",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_FeedbackBases_KnowledgeBaseId_At",
                table: "FeedbackBases",
                columns: new[] { "KnowledgeBaseId", "At" });

            migrationBuilder.CreateIndex(
                name: "IX_FeedbackBases_MessageId",
                table: "FeedbackBases",
                column: "MessageId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "FeedbackBases");

            migrationBuilder.DropColumn(
                name: "Feedback",
                table: "Messages");

            migrationBuilder.DropColumn(
                name: "FeedbackNote",
                table: "Messages");

            migrationBuilder.DropColumn(
                name: "Given",
                table: "Messages");

            migrationBuilder.DropColumn(
                name: "Heard",
                table: "Conversations");

            migrationBuilder.DropColumn(
                name: "Reading",
                table: "Conversations");
        }
    }
}
