using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MistralStudio.Data.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class EmbeddersAndQuality : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "VectorsMadeBy",
                table: "KnowledgeBases",
                type: "TEXT",
                maxLength: 64,
                nullable: true);

            migrationBuilder.CreateTable(
                name: "QualityRuns",
                columns: table => new
                {
                    KnowledgeBaseId = table.Column<Guid>(type: "TEXT", nullable: false),
                    At = table.Column<long>(type: "INTEGER", nullable: false),
                    Questions = table.Column<int>(type: "INTEGER", nullable: false),
                    Recall = table.Column<double>(type: "REAL", nullable: false),
                    Ndcg = table.Column<double>(type: "REAL", nullable: false),
                    ReciprocalRank = table.Column<double>(type: "REAL", nullable: false),
                    Depth = table.Column<int>(type: "INTEGER", nullable: false),
                    Settings = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_QualityRuns", x => new { x.KnowledgeBaseId, x.At });
                    table.ForeignKey(
                        name: "FK_QualityRuns_KnowledgeBases_KnowledgeBaseId",
                        column: x => x.KnowledgeBaseId,
                        principalTable: "KnowledgeBases",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "QualityRuns");

            migrationBuilder.DropColumn(
                name: "VectorsMadeBy",
                table: "KnowledgeBases");
        }
    }
}
